from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from salaries import dataset
from salaries.files import Progress
from salaries.rows import BadFile


class Command(BaseCommand):
    help = "Load a dataset into the database in one transaction, and compute the answers of every role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--input", type=Path, default=settings.SALARY_DATASET)
        parser.add_argument("--append", action="store_true", help="keep what is there and add only what is new")
        parser.add_argument("--country", default="Brazil", help="the country of rows that name none")

    def handle(self, *_: Any, **options: Any) -> None:
        path: Path = options["input"]
        if not path.is_file():
            raise CommandError(f"{path} is no file: run build_salary_dataset first")
        try:
            with Progress(path.stat().st_size, "load") as progress:
                loaded = dataset.load(
                    path,
                    append=options["append"],
                    country=options["country"],
                    report=self.stderr.write,
                    progress=progress.at,
                )
        except BadFile as error:
            raise CommandError(f"nothing was changed: {error}") from error
        self.stdout.write(
            f"{path}: {loaded.read} rows read, {loaded.added} added, {loaded.read - loaded.added} already there, "
            f"{loaded.bad} bad; {loaded.roles} roles"
        )
