"""What runs in an environment, since when, and whether its units are as deployed: `python -m cli status prod`."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from cli import command as commands
from cli.deploy import dashboard, nat_instance
from cli.deploy.apply import changes_of
from cli.deploy.database import STOPPED, STOPPING, Database
from cli.ecs import schedules
from cli.ecs.schedules import ScheduleStatus
from cli.ecs.service import Services, ServiceStatus
from cli.failure import FAILED, run_command, tell
from cli.progress import steps
from cli.review.planning import PlannedUnit, plan_units
from cli.terraform import environment as environments
from cli.terraform.paused import Paused, PauseRecord
from cli.terraform.runner import Terraform
from cli.terraform.synthesis import PROJECT, synthesize
from cli.terraform.workspace import workspace
from cli.text import age
from modules.network.inputs import NetworkInputs
from stacks.config import loader
from stacks.config.application_inputs import job_task
from stacks.console import Console, for_tables

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

AS_DEPLOYED, DIFFERS = 0, 2
WIDTH = 160
"""Of a table in a log, which has none: names must be whole."""
_UNREFRESHED = "cannot be compared, because a secret of it may not be read: use the drift role, or one that deploys"


def main(argv: Sequence[str], *, tree: Path | None = None, directory: Path = loader.DIRECTORY) -> int:
    """Print the status of an environment.

    Returns 0 where all is as deployed, or paused; 2 where it differs; 1 where it failed or the NAT instance is not
    ready.
    """
    return run_command("status", lambda: _run(_parse(argv, directory), tree, directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("status", description=__doc__)
    commands.add_environment(parser, directory)
    parser.add_argument("--no-drift", action="store_true", help="only what runs, which takes a second")
    return parser.parse_args(argv)


def _run(arguments: Namespace, tree: Path | None, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    statuses = Services(session.client("ecs"), environment.cluster_name).describe(environments.services_of(environment))
    console = for_tables(WIDTH, soft_wrap=True)
    console.print(_services(statuses) if statuses else f"{environment.name}: no service runs")
    tasks = [job_task(name) for name in environment.django_service.scheduled]
    if tasks and (scheduled := [*schedules.describe(session, environment.prefix, tasks)]):
        console.print(_schedules(scheduled))
    if paused := PauseRecord(environment).read():
        _tell_paused(environment, session, paused, console)
        return AS_DEPLOYED
    if figures := dashboard.url(environment):
        console.print(f"Its figures: {figures}")
    is_online = _is_online(environment, session, console)
    if arguments.no_drift:
        return AS_DEPLOYED if is_online else FAILED
    # What is asked is whether it is as deployed, and not how it would be with another image.
    image_tag = statuses[0].tag if statuses else "none"
    planned = _plan(environment, image_tag, tree, directory)
    console.print(_units(planned))
    if untold := {unit.name: unit.error or _UNREFRESHED for unit in planned if not _is_told(unit)}:
        for name, why in untold.items():
            tell(f"{name}: {why}")
        return FAILED
    differs = any(unit.plan and unit.plan.plan.is_applyable for unit in planned)
    if differs:
        console.print(f"Next: make plan ENV={environment.name} shows what differs, make deploy repairs it")
    elif is_online:
        console.print(f"{environment.name} is as it was deployed")
    if not is_online:
        return FAILED
    return DIFFERS if differs else AS_DEPLOYED


def _tell_paused(environment: Environment, session: boto3.Session, paused: Paused, console: Console) -> None:
    """What differs from what is deployed is the pause."""
    name = environment.name
    console.print(f"{name} is paused since {paused.since:%Y-%m-%d %H:%M} UTC, by {paused.by}: nothing was compared")
    database = Database.of(environment, session)
    if database.status in (STOPPED, STOPPING) and paused.database_starts:
        console.print(f"PostgreSQL is stopped: RDS starts it about {paused.database_starts:%Y-%m-%d %H:%M} UTC")
    elif not database.has_replica:
        console.print(f"PostgreSQL is {database.status} and costs again: make pause ENV={name} stops it")
    console.print(f"Next: make resume ENV={name}")


def _plan(environment: Environment, image_tag: str, tree: Path | None, directory: Path) -> list[PlannedUnit]:
    """What an apply of each unit would change now: drift, or what was not deployed yet. Nothing is locked."""
    terraform = Terraform({**os.environ, environments.IMAGE_TAG: image_tag})
    with workspace(terraform) as space, steps(Console(stderr=True)) as step:
        if tree is None:
            step("synthesis", "running main.py")
            tree, home = space.directory("synthesis") / "cdktf.out", PROJECT / "cdktf.out"
            synthesize((environment.name,), tree, config=directory)
            step("synthesis", "done", is_done=True)
        else:
            home = tree
        units = environments.units_of(environment, tree, home=home)
        step.expect(unit.name for unit in units)
        return plan_units(units, space, terraform, progress=step)


def _is_online(environment: Environment, session: boto3.Session, console: Console) -> bool:
    """Whether the NAT instance forwards, where the environment has one: to EC2 one that does not is as healthy."""
    network = environment.network
    if not isinstance(network, NetworkInputs) or network.nat != "instance":
        return True
    nat = nat_instance.describe(session.client("ec2"), environment.prefix)
    if nat is None:
        return True
    console.print(f"NAT instance {nat.id}, {nat.type}: {nat.state}")
    if not nat.is_ready:
        what = f"{environment.name}: private subnets may have no internet: {nat.id}: {nat.state}"
        tell(f"{what}: wait a few minutes, then `aws ec2 reboot-instances --instance-ids {nat.id}` configures it again")
    return nat.is_ready


def _services(statuses: Sequence[ServiceStatus]) -> Table:
    made = Table("service", "tasks", "image", "since", "state")
    for status in statuses:
        state = "steady" if status.is_steady else f"{status.rollout.lower()}, {status.deployments} deployments"
        tasks, image = f"{status.running} of {status.desired}", status.image.rpartition("/")[2]
        made.add_row(
            status.name, tasks, image, f"{status.since:%Y-%m-%d %H:%M} ({age(datetime.now(UTC) - status.since)})", state
        )
    return made


def _schedules(found: Sequence[ScheduleStatus]) -> Table:
    made = Table("job", "schedule", "state", "not started")
    for each in found:
        made.add_row(each.name, each.expression, "on" if each.is_on else "off", str(each.dead_letters))
    return made


def _units(planned: Sequence[PlannedUnit]) -> Table:
    made = Table("unit", "differs from what is deployed")
    for unit in planned:
        made.add_row(unit.name, _difference(unit))
    return made


def _is_told(unit: PlannedUnit) -> bool:
    return unit.plan is not None and unit.is_refreshed


def _difference(unit: PlannedUnit) -> str:
    if unit.plan is None or not unit.is_refreshed:
        return "cannot be told"
    if not unit.plan.plan.before:
        return "is not deployed"
    changes = changes_of(unit.plan)
    return "outputs" if unit.plan.plan.is_applyable and not changes else str(changes)
