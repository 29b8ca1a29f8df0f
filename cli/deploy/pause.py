"""Pause an environment: no task runs, its database is stopped, nothing is lost: `python -m cli pause dev`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli import command as commands
from cli.deploy import alarms, prerequisites
from cli.deploy.database import Database
from cli.ecs import scaling, schedules
from cli.ecs.service import Services
from cli.failure import Failure, run_command
from cli.progress import Steps, steps
from cli.terraform import environment as environments
from cli.terraform.paused import STOPPED_DAYS, Paused, PauseRecord
from stacks.config import loader
from stacks.config.application_inputs import job_task
from stacks.console import Console

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Pause an environment. Returns 0, also where it is paused already; 1 when something failed; 130 when interrupted.

    What was interrupted or failed goes on when it is run again.
    """
    return run_command("pause", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("pause", description=__doc__)
    commands.add_environment(parser, directory, required=True)
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    for problem in prerequisites.account(environment, session):
        raise Failure(f"pause: {problem}")
    if len({*environment.postgresql.instances(environment.prefix)} - {"postgresql-replica"}) > 1:
        what = f"stacks/config/{environment.name}.py: postgresql.restored: pause stops one instance, and there are two"
        raise Failure(f"pause: {what}: finish the restore, or remove it")
    record = PauseRecord(environment)
    paused = record.read(must=True) or _running(environment, session)
    if environment.protected and not arguments.yes:
        commands.confirm(f"Pause {environment.name}, so that nobody can use it?", environment, "pause")
    record.write(paused)
    with steps(Console(stderr=True)) as step:
        starts = _pause(environment, session, record, paused, step)
    if starts is None:
        database = "PostgreSQL runs on, because RDS stops no instance that has a read replica"
    else:
        until = f"{starts:%Y-%m-%d %H:%M} UTC"
        database = f"PostgreSQL stops: RDS starts it automatically after {STOPPED_DAYS} days, about {until}"
    print(f"{environment.name} is paused: {len(paused.tasks)} services run no task, and {database}")
    still = ", ".join(costs(environment, is_database_running=starts is None))
    print(f"It still costs: {still}: make cost ENV={environment.name} ARGS=--lines")
    if environment.backup and starts:
        reported = ", and its event backup-failed notifies" if environment.observability else ""
        print(f"The daily backup of PostgreSQL fails until it is resumed{reported}: docs/runbooks.md#backup-failed")
    print(f"Next: make resume ENV={environment.name}")
    return 0


def _running(environment: Environment, session: boto3.Session) -> Paused:
    """What runs now. Raises Failure where nothing does."""
    names = environments.services_of(environment)
    services = Services(session.client("ecs"), environment.cluster_name).describe(names)
    if not services:
        raise Failure(f"pause: {environment.name} is not deployed: there is nothing to pause")
    tasks = [job_task(name) for name in environment.django_service.scheduled]
    found = schedules.describe(session, environment.prefix, tasks) if tasks else ()
    return Paused(
        since=datetime.now(UTC),
        by=session.client("sts").get_caller_identity()["Arn"],
        tasks={service.name: service.desired for service in services},
        schedules=tuple(each.name for each in found if each.is_on),
        alarms=tuple(alarms.notifying(session, environment)),
    )


def _pause(
    environment: Environment, session: boto3.Session, record: PauseRecord, paused: Paused, step: Steps
) -> datetime | None:
    """Stop everything that can be started again. Returns when RDS starts the database; None where it runs on."""
    services = Services(session.client("ecs"), environment.cluster_name)
    step("alarms", f"{len(paused.alarms)} notify nobody")
    alarms.switch(session, paused.alarms, is_on=False)
    step("schedules", f"turning {len(paused.schedules)} off")
    schedules.switch(session, environment.prefix, paused.schedules, is_on=False)
    step("services", "stopping the tasks")
    scaling.suspend(session, environment.cluster_name, paused.tasks, is_suspended=True)
    for service in services.describe(paused.tasks):
        services.scale(service.name, 0)
    # Tasks finish what they have begun, for which they need the database.
    left = services.wait(paused.tasks, timeout_seconds=600, lasting_seconds=0)
    if running := [each.name for each in left if each.running]:
        raise Failure(f"pause: {', '.join(running)}: tasks still run: run `make pause ENV={environment.name}` again")
    database = Database.of(environment, session)
    step("database", "stopping")
    if database.has_replica:
        return None
    if database.stop() or paused.database_stopped is None:
        paused = replace(paused, database_stopped=datetime.now(UTC))
        record.write(paused)
    step("database", "stops", is_done=True)
    return paused.database_starts


def costs(environment: Environment, *, is_database_running: bool = False) -> list[str]:
    """What has a price while no task runs. A database that has a read replica is not stopped."""
    network, observability, backup = environment.network, environment.observability, environment.backup
    acl = environment.web_acl
    service = environment.django_service
    is_scaled = any(each.autoscaling for each in service.services.values())
    parts = {
        "the load balancer": True,
        "its web ACL": acl is not None and acl.existing_arn is None,
        "Redis": environment.redis is not None,
        "NAT": getattr(network, "nat", "none") != "none",
        "interface endpoints": bool(getattr(network, "interface_endpoints", ())),
        "the instance of PostgreSQL and its replica": is_database_running,
        "the storage and backups of PostgreSQL": True,
        "the vaults of AWS Backup": backup is not None,
        "the restores of restore_testing": backup is not None and backup.restore_testing is not None,
        "the files of volumes": bool(service.volumes),
        "alarms": bool(observability or service.deployment_alarms or is_scaled),
        "their dashboard": observability is not None and observability.dashboard,
        "secrets, keys and logs": True,
    }
    return [part for part, is_there in parts.items() if is_there]
