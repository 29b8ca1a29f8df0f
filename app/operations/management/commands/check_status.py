import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import probes


class Command(BaseCommand):
    help = "Say whether the configuration, database, cache, migrations, broker, storage and mail work."
    requires_system_checks = ()  # the configuration is a line of the answer, not a reason to give none

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object, for pipelines")

    def handle(self, *_: Any, **options: Any) -> None:
        absent = probes.unconfigured()
        answers = {name: None if name in absent else probe() for name, probe in probes.STATUS.items()}
        failed = [name for name, problem in answers.items() if problem]
        if options["json"]:
            checks = {
                name: {"status": "not configured" if name in absent else "failed" if problem else "ok"}
                | ({"problem": problem} if problem else {})
                for name, problem in answers.items()
            }
            self.stdout.write(json.dumps({"status": "failed" if failed else "ok", "checks": checks}))
        else:
            for name, problem in answers.items():
                if name in absent:
                    self.stdout.write(f"-      {name:<14} not configured")
                elif problem:
                    self.stdout.write(self.style.ERROR(f"failed {name:<14} {problem}"))
                else:
                    self.stdout.write(f"{self.style.SUCCESS('ok')}     {name}")
        if failed:
            raise CommandError(f"not working: {', '.join(failed)}")
