from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from salaries import sources


class Command(BaseCommand):
    help = "Fetch the files of the source list. A source that fails is named, and the others are still fetched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, default=settings.SALARY_SOURCES, help="JSON list of sources")
        parser.add_argument("--output-dir", type=Path, default=settings.SALARY_RAW_DIR)
        parser.add_argument("--timeout", type=float, default=60, help="seconds for each answer of a server")

    def handle(self, *_: Any, **options: Any) -> None:
        failed = 0
        try:
            wanted = sources.read(options["config"])
        except sources.BadSource as error:
            raise CommandError(str(error)) from error
        for source in wanted:
            try:
                path = sources.fetch(source, options["output_dir"], timeout=options["timeout"])
            except sources.BadSource as error:
                failed += 1
                self.stderr.write(str(error))
            else:
                self.stdout.write(f"{source.name}: {path}, {path.stat().st_size} bytes")
        if failed:
            raise CommandError(f"{failed} of {len(wanted)} sources could not be fetched")
