"""Destroy an environment, the units that depend on others first: `python -m cli.destroy dev`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from cli import environment as environments
from cli.deploy.apply import Applier, Changes
from cli.failure import Failure, Parser, run_command
from cli.in_order import in_order
from cli.progress import steps
from cli.terraform import Terraform
from cli.text import one_line
from cli.workspace import workspace
from stacks.config import loader

if TYPE_CHECKING:
    from cli.tree import Unit
    from stacks.config.schema import Environment

MOST_AT_ONCE = 4


def main(argv: Sequence[str], *, tree: Path | None = None, directory: Path = loader.DIRECTORY) -> int:
    """Destroy an environment. Returns 0; 1 when something failed or protection is on; 130 when interrupted."""
    return run_command("destroy", lambda: _run(_parse(argv), tree, directory))


def _parse(argv: Sequence[str]) -> Namespace:
    parser = Parser("destroy", description=__doc__)
    environments.add_argument(parser)
    parser.add_argument("--yes", action="store_true", help="ask nothing, as in a pipeline")
    return parser.parse_args(argv)


def _run(arguments: Namespace, tree: Path | None, directory: Path) -> int:
    environment = environments.load(arguments.environment, directory)
    if protections := list(_protections(environment)):
        file = f"stacks/config/{environment.name}.py"
        what = f"{file}: {', '.join(protections)}: protects {environment.name}"
        raise Failure(f"{what}: set it to False, run `make deploy ENV={environment.name}`, then destroy")
    if not arguments.yes:
        _ask(environment)
    # Nothing is deployed, so any tag will do.
    os.environ.setdefault(environments.IMAGE_TAG, "destroy")
    with workspace(terraform := Terraform()) as space, steps(Console(stderr=True, soft_wrap=True)) as step:
        applier = Applier(terraform, space, step)

        def destroy(unit: Unit) -> Changes:
            changes = applier.apply(unit, destroy=True)
            step(unit.name, str(changes), is_done=True)
            return changes

        units = environments.units_of(environment, tree, step)
        results = in_order(units, destroy, most_at_once=MOST_AT_ONCE, is_reversed=True, stop=terraform.stop)
    failed = {name: result for name, result in results.items() if isinstance(result, Exception)}
    for name, error in [*failed.items()][1:]:
        print(one_line(f"{name}: {error}"), file=sys.stderr)
    for name, error in failed.items():
        raise Failure(f"{name}: {error}: correct it, and run `make destroy ENV={environment.name}` again")
    print(f"{environment.name} is destroyed: {sum(_destroyed(results))} resources")
    return 0


def _protections(environment: Environment) -> Iterator[str]:
    """The inputs that keep an environment from being destroyed, as it would be found out half-way."""
    if environment.protected:
        yield "protected"
    if environment.postgresql.deletion_protection:
        yield "postgresql.deletion_protection"
    if environment.django_service.load_balancer.deletion_protection:
        yield "django_service.load_balancer.deletion_protection"


def _ask(environment: Environment) -> None:
    if not sys.stdin.isatty():
        raise Failure(f"destroy: nobody can be asked whether {environment.name} may go: give --yes")
    if input(f"Destroy {environment.name} and what it holds? Type its name: ").strip() != environment.name:
        raise Failure("destroy: that is not its name: nothing was changed")


def _destroyed(results: dict[str, Changes | Exception]) -> Iterator[int]:
    return (result.destroyed for result in results.values() if isinstance(result, Changes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
