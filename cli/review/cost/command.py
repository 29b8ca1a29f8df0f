"""What environments cost a month, from their plans: `python -m cli cost prod`. It needs no account."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cli import command as commands
from cli.failure import Failure, run_command
from cli.progress import steps
from cli.review.cost import of_environment
from cli.review.cost.assumptions import WrongAssumption, assumptions
from cli.review.cost.price_list import WrongPrices
from cli.review.cost.table import document, report
from cli.review.planning import offline, plan_units
from cli.terraform import tree
from cli.terraform import version as terraform_version
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import Terraform
from cli.terraform.synthesis import synthesize
from cli.terraform.workspace import workspace
from stacks.config import loader
from stacks.console import Console


def main(
    argv: Sequence[str],
    plans: Callable[[Sequence[str], Path | None], list[UnitPlan]] | None = None,
    *,
    directory: Path = loader.DIRECTORY,
) -> int:
    """Run the command line; the result goes to stdout, all else to stderr.

    `plans` makes the plans of environments; `directory` is where these are.
    """
    return run_command("cost", lambda: _run(_parse(argv, directory), plans or partial(_plans, config=directory)))


def _parse(argv: Sequence[str], directory: Path) -> argparse.Namespace:
    parser = commands.Parser("cost", __doc__)
    commands.add_environments(parser)
    parser.add_argument("--lines", action="store_true", help="show everything that is paid for")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--assume", metavar="NAME=VALUE", action="append", default=[], help="such as log_gb=5")
    parser.add_argument("--assumptions", metavar="FILE", type=Path, help='a JSON file of them, such as {"log_gb": 5}')
    parser.add_argument("--tree", metavar="DIR", type=Path, help="units that are synthesized already, as in cdktf.out")
    arguments = parser.parse_args(argv)
    arguments.environments = commands.chosen(arguments, directory)
    return arguments


def _run(arguments: argparse.Namespace, plans: Callable[[Sequence[str], Path | None], list[UnitPlan]]) -> int:
    names = arguments.environments
    try:
        assumed = assumptions(arguments.assumptions, arguments.assume)
        made = plans(names, arguments.tree)
        costs = {name: of_environment([p for p in made if p.environment == name], assumed) for name in names}
    except (WrongAssumption, WrongPrices) as error:
        raise Failure(str(error)) from error
    if arguments.json:
        print(json.dumps(document(costs, assumed=assumed), indent=2))
    else:
        Console(soft_wrap=not arguments.lines).print(report(costs, lines=arguments.lines, assumed=assumed))
    return 0


def _plans(names: Sequence[str], directory: Path | None, *, config: Path) -> list[UnitPlan]:
    """The plans of all units of these environments of `config`, offline: as if nothing of them existed."""
    for problem in terraform_version.missing():
        raise Failure(f"cost: {problem}")
    terraform = Terraform(offline.environment(os.environ))
    with workspace(terraform) as space, steps(Console(stderr=True)) as step:
        if directory is None:
            directory = space.directory("synthesis") / "cdktf.out"
            step("synthesis", "running main.py")
            synthesize(names, directory, config=config)
            step("synthesis", "done", is_done=True)
        units = [unit for unit in tree.read(directory) if unit.environment in names]
        if not units:
            raise Failure(f"{directory}: there is no unit of {', '.join(names)}: synthesize it by `make synth`")
        step.expect(unit.name for unit in units)
        planned = plan_units(units, space, terraform, offline=True, progress=step)
    for unit in planned:
        if unit.error:
            raise Failure(f"{unit.name}: {unit.error}")
    return [unit.plan for unit in planned if unit.plan]
