from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from salaries import dataset
from salaries.files import Progress
from salaries.rows import BadFile


class Command(BaseCommand):
    help = "Normalise every CSV file below a directory into one dataset without duplicates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--input-dir", type=Path, default=settings.SALARY_RAW_DIR)
        parser.add_argument("--output", type=Path, default=settings.SALARY_DATASET)
        parser.add_argument("--country", default="Brazil", help="the country of rows that name none")

    def handle(self, *_: Any, **options: Any) -> None:
        files = dataset.raw_files(options["input_dir"], options["output"])
        if not files:
            raise CommandError(f"no CSV file below {options['input_dir']}: run fetch_salary_sources first")
        try:
            with Progress(sum(path.stat().st_size for path in files), "build") as progress:
                built = dataset.build(
                    files,
                    options["output"],
                    country=options["country"],
                    report=self.stderr.write,
                    progress=progress.at,
                )
        except BadFile as error:
            raise CommandError(f"nothing was written: {error}") from error
        self.stdout.write(
            f"{options['output']}: {built.written} rows from {len(files)} files; "
            f"{built.duplicates} duplicates and {built.bad} bad rows left out"
        )
