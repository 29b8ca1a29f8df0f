"""Read a Django project, and write what it is to stacks/config/application.py: `python -m cli describe ../shop`.

None of its code runs. What its files do not say is left to you in comments.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.table import Column, Table

from cli import command as commands
from cli import files
from cli.configuration import place
from cli.configuration.describe.description import Description, shown
from cli.configuration.describe.project import Project
from cli.configuration.describe.tree import Tree
from cli.failure import run_command
from cli.terraform.synthesis import PROJECT
from cli.text import one_line
from modules.credentials import hide
from modules.validation import show
from stacks.config import loader
from stacks.console import Console
from stacks.failure import Failure


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Every error is one line, and then nothing was written."""
    return run_command("describe", lambda: _run(_parse(argv), directory))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = commands.Parser("describe", __doc__)
    parser.add_argument("app", metavar="DIRECTORY", help="of the Django project, as ../shop")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="in place of application.py beside the environments"
    )
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace, directory: Path) -> int:
    root = Path(arguments.app)
    if not arguments.app or not root.is_dir():
        raise Failure(f"{show(arguments.app)}: is not a directory: name that of a Django project, such as APP=../shop")
    description = Description(Project(Tree(root)), shown(root.resolve(), PROJECT))
    text = description.text
    output: Path = arguments.output or directory / "application.py"
    report(description)
    if output.exists() and files.read(output) == text:
        print(f"{loader.shown(output)}: is up to date")
    else:
        _consent(output, text, is_given=arguments.yes)
        files.put(output.parent, {output.name: text})
        print(f"{loader.shown(output)}: written")
    if arguments.output is None:
        for problem in _beside(directory, text):
            print(f"  {problem}")
    print(f"Next: read it, decide what its comments ask, then make try APP={arguments.app}")
    return 0


def report(description: Description) -> None:
    """What was found, and what to look at."""
    table = Table("what", "as the project has it", Column("where", overflow="fold"))
    for found in description.found:
        table.add_row(one_line(found.what), one_line(found.value, 60), one_line(found.where))
    Console().print(table)
    for warning in description.warnings:
        print(one_line(warning))


def _consent(output: Path, text: str, *, is_given: bool) -> None:
    """Show what would change in a file that is there. Raises Failure unless it may be replaced."""
    if not output.exists():
        return
    old, name = files.read(output).splitlines(keepends=True), loader.shown(output)
    print(hide("".join(difflib.unified_diff(old, text.splitlines(keepends=True), name, name))), end="")
    if is_given:
        return
    if not sys.stdin.isatty():
        raise Failure("describe: there is no terminal to ask for consent: pass --yes, as in ARGS=--yes")
    print(f"Replace {name}? Type yes: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise Failure("describe: not confirmed: nothing was changed")


def _beside(directory: Path, text: str) -> list[str]:
    """What the environments say that does not go with the project, a line each."""
    try:
        place.check(directory, {"application.py": text})
    except Failure as error:
        return str(error).splitlines()
    return []
