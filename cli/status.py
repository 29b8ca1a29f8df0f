"""What runs in an environment, since when, and whether its units are as deployed: `python -m cli.status prod`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from cli import environment as environments
from cli.deploy.apply import Applier, Changes, changes_of
from cli.ecs.service import Services, ServiceStatus
from cli.failure import FAILED, Failure, Parser, run_command
from cli.in_order import in_order
from cli.progress import steps
from cli.terraform import Terraform
from cli.text import one_line
from cli.workspace import workspace
from stacks.config import loader

if TYPE_CHECKING:
    from cli.tree import Unit
    from stacks.config.schema import Environment

AS_DEPLOYED, DIFFERS = 0, 2
# Planning loads the schema of the AWS provider: seconds of CPU and most of a gigabyte.
MOST_AT_ONCE = 2


def main(argv: Sequence[str], *, tree: Path | None = None, directory: Path = loader.DIRECTORY) -> int:
    """Print the status of an environment. Returns 0 where all is as deployed, 2 where it differs, 1 where it failed."""
    return run_command("status", lambda: _run(_parse(argv), tree, directory))


def _parse(argv: Sequence[str]) -> Namespace:
    parser = Parser("status", description=__doc__)
    environments.add_argument(parser)
    parser.add_argument("--no-drift", action="store_true", help="only what runs, which takes a second")
    return parser.parse_args(argv)


def _run(arguments: Namespace, tree: Path | None, directory: Path) -> int:
    environment = environments.load(arguments.environment, directory)
    session = environments.session_of(environment)
    statuses = Services(session.client("ecs"), environment.prefix).describe(environments.services_of(environment))
    console = Console(highlight=False, soft_wrap=True)
    console.print(_services(statuses) if statuses else f"{environment.name}: no service runs")
    if arguments.no_drift:
        return AS_DEPLOYED
    if statuses:
        os.environ.setdefault(environments.IMAGE_TAG, _tag(statuses[0].image))
    differences = _differences(environment, tree)
    console.print(_units(differences))
    for name, found in differences.items():
        if isinstance(found, Exception):
            print(one_line(f"{name}: {found}"), file=sys.stderr)
    if any(isinstance(found, Exception) for found in differences.values()):
        return FAILED
    if any(differences.values()):
        console.print(f"Next: make plan ENV={environment.name} shows what differs, make deploy repairs it")
        return DIFFERS
    console.print(f"{environment.name} is as it was deployed")
    return AS_DEPLOYED


def _tag(image: str) -> str:
    repository, at, digest = image.partition("@")
    return digest if at else repository.rpartition(":")[2]


def _differences(environment: Environment, tree: Path | None) -> dict[str, Changes | Exception]:
    """What an apply of each unit would change now: drift, or what was not deployed yet."""
    with workspace(terraform := Terraform()) as space, steps(Console(stderr=True, soft_wrap=True)) as step:
        applier = Applier(terraform, space, step)

        def compare(unit: Unit) -> Changes:
            changes = changes_of(applier.plan(unit, is_locked=False))
            applier.forget(unit)
            step(unit.name, str(changes), is_done=True)
            return changes

        units = environments.units_of(environment, tree, step)
        if not units:
            raise Failure(f"{environment.name}: there is no unit: run `make synth`")
        return in_order(units, compare, most_at_once=MOST_AT_ONCE, stop=terraform.stop)


def _services(statuses: Sequence[ServiceStatus]) -> Table:
    made = Table("service", "tasks", "image", "since", "state")
    for status in statuses:
        since = datetime.now(UTC) - status.since
        state = "steady" if status.is_steady else f"{status.rollout.lower()}, {status.deployments} deployments"
        ago = f"{since.days} d" if since.days else f"{since.seconds // 60} min"
        tasks, image = f"{status.running} of {status.desired}", status.image.rpartition("/")[2]
        made.add_row(status.name, tasks, image, f"{status.since:%Y-%m-%d %H:%M} ({ago})", state)
    return made


def _units(differences: dict[str, Changes | Exception]) -> Table:
    made = Table("unit", "differs from what is deployed")
    for name, found in differences.items():
        made.add_row(name, "cannot be told" if isinstance(found, Exception) else str(found))
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
