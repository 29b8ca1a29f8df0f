"""Resume an environment that is paused: the database, then what ran before: `python -m cli resume dev`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cli import command as commands
from cli.deploy import alarms, prerequisites
from cli.deploy.database import Database
from cli.deploy.rollout import STEADY_SECONDS
from cli.ecs import scaling, schedules
from cli.ecs.service import Services
from cli.failure import Failure, run_command
from cli.progress import Steps, steps
from cli.terraform import environment as environments
from cli.terraform.paused import Paused, PauseRecord
from stacks.config import loader
from stacks.console import Console

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Resume an environment. Returns 0, also where it is not paused; 1 when something failed; 130 when interrupted.

    What was interrupted or failed goes on when it is run again.
    """
    return run_command("resume", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("resume", description=__doc__)
    commands.add_environment(parser, directory, required=True)
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    for problem in prerequisites.account(environment, session):
        raise Failure(f"resume: {problem}")
    record = PauseRecord(environment)
    paused = record.read(must=True)
    if paused is None:
        print(f"{environment.name} is not paused")
        return 0
    bounds = _bounds(environment)
    tasks = {name: max(number, bounds.get(name, (0, 0))[0]) for name, number in paused.tasks.items()}
    with steps(Console(stderr=True)) as step:
        _resume(environment, session, replace(paused, tasks=tasks), bounds, step)
    record.remove()
    print(f"{environment.name} runs again: {sum(tasks.values())} tasks of {len(tasks)} services")
    print(f"Next: make status ENV={environment.name}")
    return 0


def _resume(
    environment: Environment, session: boto3.Session, paused: Paused, bounds: Mapping[str, tuple[int, int]], step: Steps
) -> None:
    database = Database.of(environment, session)
    step("database", "starting, which takes some minutes")
    database.start(on_look=lambda status: step("database", f"{status}, as RDS says"))
    step("database", "available", is_done=True)
    services = Services(session.client("ecs"), environment.cluster_name)
    step("services", "starting the tasks")
    for service in services.describe(paused.tasks):  # one may have been removed meanwhile
        services.scale(service.name, paused.tasks[service.name])
    scaling.suspend(session, environment.cluster_name, paused.tasks, is_suspended=False, bounds=bounds)
    found = services.wait(paused.tasks, timeout_seconds=STEADY_SECONDS, lasting_seconds=0)
    if unsteady := [each.name for each in found if not each.is_steady]:
        what = f"{', '.join(unsteady)}: the tasks do not start"
        raise Failure(f"resume: {what}: see `make logs ENV={environment.name}`, and run it again")
    step("services", "steady", is_done=True)
    schedules.switch(session, environment.prefix, paused.schedules, is_on=True)
    alarms.switch(session, paused.alarms, is_on=True)


def _bounds(environment: Environment) -> dict[str, tuple[int, int]]:
    """The least and most tasks of services with a schedule, which may have been paused while it had stopped them."""
    return {
        f"{environment.prefix}-{name}": (service.autoscaling.min_count, service.autoscaling.max_count)
        for name, service in environment.django_service.services.items()
        if service.autoscaling and service.autoscaling.schedule
    }
