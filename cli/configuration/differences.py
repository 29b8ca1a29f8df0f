"""Show in which inputs two environments differ: `python -m cli diff-environments staging prod`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from cli import command as commands
from cli.failure import Failure, run_command
from cli.text import printable
from modules.credentials import hide
from stacks.config import loader
from stacks.console import for_tables

ABSENT = "none"


class Difference(NamedTuple):
    """An input that has another value in each of two environments."""

    path: str
    """From the environment: `postgresql.multi_az`, `django_service.runtime.variables["LEVEL"]`."""
    one: object
    other: object


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Print a table of the differences. Returns 0, whether there are any or not."""
    return run_command("diff-environments", lambda: _run(_parse(argv), directory))


def differences(one: object, other: object, path: str = "") -> Iterator[Difference]:
    """Every value that differs between two inputs of one class, the defaults of both included."""
    if is_dataclass(one) and type(one) is type(other):
        for field in fields(one):
            below = f"{path}.{field.name}" if path else field.name
            yield from differences(getattr(one, field.name), getattr(other, field.name), below)
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys((*one, *other)):
            yield from differences(one.get(key), other.get(key), f'{path}["{key}"]')
    elif one != other:
        yield Difference(path, one, other)


def words(value: object) -> str:
    """A value as a person reads it, without credentials: of inputs, what is not their default."""
    if value is None:
        return ABSENT
    if is_dataclass(value) and not isinstance(value, type):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        defaults = {field.name: field.default for field in fields(value) if field.default is not MISSING}
        stated = [f"{name}={words(each)}" for name, each in given.items() if each != defaults.get(name, MISSING)]
        return f"{type(value).__name__}({', '.join(stated)})"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={words(each)}" for key, each in value.items()) or "nothing"
    if isinstance(value, tuple):
        return ", ".join(map(words, value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(hide(str(value)))


def _parse(argv: Sequence[str]) -> Namespace:
    parser = commands.Parser("diff-environments", description=__doc__)
    parser.add_argument("one", metavar="A", help="such as staging")
    parser.add_argument("other", metavar="B", help="such as prod")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    names = [arguments.one, arguments.other]
    loader.choose(names, directory)
    if arguments.one == arguments.other:
        raise Failure(f"diff-environments: {arguments.one} is given twice: name two environments")
    one, other = loader.load(names, directory).values()
    made = Table()
    made.add_column("input", no_wrap=True)
    for name in names:
        made.add_column(name, overflow="fold")
    for difference in differences(one, other):
        made.add_row(difference.path, words(difference.one), words(difference.other))
    for_tables(120).print(made)
    print("Next: make cost shows what it means in money")
    return 0
