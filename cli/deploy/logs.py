"""Follow the logs of an environment's services: `python -m cli logs prod --since 30`."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cli import command as commands
from cli.ecs.logs import Groups
from cli.failure import Failure, run_command, tell
from cli.rehearsal import runs_nothing
from cli.terraform import environment as environments
from cli.text import printable
from stacks.config import loader
from stacks.config.application_inputs import job_task

POLL_SECONDS = 2.0


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Print logs until interrupted, or once. Returns 0, and 1 when there is no log to read."""
    return run_command("logs", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("logs", description="Follow the logs of an environment's services.")
    commands.add_environment(parser, directory)
    parser.add_argument(
        "services",
        metavar="SERVICE",
        nargs="*",
        help="a service such as web, a one-off task, or job-<name>; all services",
    )
    parser.add_argument(
        "--since", metavar="MINUTES", type=float, default=10, help="how far back to begin; 10 by default"
    )
    parser.add_argument("--once", action="store_true", help="print what there is, and end")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    services = [name.removeprefix(f"{environment.prefix}-") for name in environments.services_of(environment)]
    jobs = environment.django_service.application.jobs or {}
    tasks = (*environment.django_service.tasks, *environment.django_service.session_tasks)
    known = [*services, *tasks, *map(job_task, jobs)]
    for name in arguments.services:
        if name not in known:
            raise Failure(f"logs: there is no {name!r}: use one of {', '.join(known)}")
    if runs_nothing():
        tell("logs: nothing runs on the local AWS, so that these logs are empty")
    client = environments.session_of(environment).client("logs")
    names = {environment.log_group(name): name for name in arguments.services or services}
    logs = Groups(client, [*names], round((time.time() - arguments.since * 60) * 1000))
    try:
        while True:
            for milliseconds, group, line in logs.read():
                moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
                print(f"{moment:%H:%M:%S} {names[group]:<6} {printable(line)}", flush=True)
            if arguments.once:
                return 0
            time.sleep(POLL_SECONDS)
    except client.exceptions.ResourceNotFoundException as error:
        raise Failure(
            f"logs: {environment.name} has no such log yet: run `make deploy ENV={environment.name}`"
        ) from error
    except KeyboardInterrupt:
        return 0
