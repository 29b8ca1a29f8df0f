"""Show the outputs of an environment's units, as their states have them: `python -m cli outputs dev`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from cli import command as commands
from cli.deploy.states import states
from cli.failure import Failure, run_command
from cli.terraform.synthesis import PROJECT
from cli.text import printable
from stacks.config import loader
from stacks.console import for_tables

HIDDEN = "(sensitive)"
WIDTH = 200
"""Of the table in a log, which has none."""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY, project: Path = PROJECT) -> int:
    """Print the outputs. Returns 0; 1 where there are none; `project` is the directory that holds local states."""
    return run_command("outputs", lambda: _run(_parse(argv, directory), directory, project))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("outputs", description=__doc__)
    commands.add_environment(parser, directory)
    parser.add_argument("unit", nargs="?", help="such as django-service; all by default")
    parser.add_argument("--json", action="store_true", help="as JSON: by unit, then by output")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path, project: Path) -> int:
    environment = commands.environment(arguments, directory)
    known = environment.units
    if arguments.unit and arguments.unit not in known:
        raise Failure(f"outputs: there is no unit {arguments.unit!r}: use one of {', '.join(known)}")
    deployed = states(environment, project)
    found = {
        unit: {name: _value(output) for name, output in sorted(deployed[unit].get("outputs", {}).items())}
        for unit in known
        if unit in deployed and arguments.unit in (None, unit)
    }
    if not any(found.values()):
        what = f"{environment.name}-{arguments.unit}" if arguments.unit else environment.name
        raise Failure(f"{what} is not deployed: run `make deploy ENV={environment.name}`")
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        for_tables(WIDTH).print(_table(found))
    return 0


def _value(output: dict[str, Any]) -> Any:
    return HIDDEN if output.get("sensitive") else output["value"]


def _table(found: dict[str, dict[str, Any]]) -> Table:
    made = Table()
    made.add_column("unit", no_wrap=True)
    made.add_column("output", no_wrap=True)
    made.add_column("value", overflow="fold")
    for unit, outputs in found.items():
        for name, value in outputs.items():
            made.add_row(unit, name, printable(value if isinstance(value, str) else json.dumps(value)))
        made.add_section()
    return made
