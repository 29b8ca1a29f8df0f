"""Writes into an environment's file and into stacks/moved.py what a restore changes, once a person has seen it."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Mapping
from pathlib import Path

from cli import files
from cli.configuration import place
from cli.configuration.source import Source, span
from stacks.config import loader
from stacks.failure import Failure

VERB = "restore"


def environment_file(directory: Path, name: str, values: Mapping[str, str | None]) -> tuple[str, str]:
    """The text of an environment's file as it is, and with these arguments; None leaves one out.

    Raises Failure where they cannot be written, or the environment would be refused.
    """
    file = directory / f"{name}.py"
    before = files.read(file)
    source = Source(before, loader.shown(file))
    for path, code in values.items():
        if code is not None:
            source.set(path, code)
        elif source.find(path) is not None:
            source.remove(path, _DEFAULTS[path])
    source.tidy()
    place.check(directory, {file.name: source.text})
    return before, source.text


_DEFAULTS = {"postgresql.restored": "None", "postgresql.serving": '"first"'}


def moves_file(file: Path, unit: str, moves: Mapping[str, str]) -> tuple[str, str]:
    """The text of stacks/moved.py as it is, and with these moves of a unit. Raises Failure where it has no MOVED."""
    before = files.read(file)
    source = before.encode()
    for statement in ast.parse(before).body:
        target, value = getattr(statement, "target", None), getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id == "MOVED" and isinstance(value, ast.Dict):
            found = ast.literal_eval(value)
            found[unit] = {**found.get(unit, {}), **moves}
            start, end = span(source, value)
            return before, (source[:start] + _written(found).encode() + source[end:]).decode()
    raise Failure(f"{loader.shown(file)}: assigns no MOVED: write MOVED: Moves = {{}}")


def put(changes: Mapping[Path, tuple[str, str]], *, is_agreed: bool) -> None:
    """Show what changes, ask, and write all of it or nothing. Raises Failure where a person does not agree."""
    for file, (before, after) in changes.items():
        name = loader.shown(file)
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2)
        print("\n".join(lines))
    if not is_agreed:
        if not sys.stdin.isatty():
            raise Failure(f"{VERB}: there is no terminal to ask for consent: pass --yes")
        print("Write this? Type yes: ", end="", flush=True)
        if sys.stdin.readline().strip() != "yes":
            raise Failure(f"{VERB}: not confirmed: nothing was changed")
    root = next(iter(changes)).parent
    for file in changes:
        while not file.is_relative_to(root):
            root = root.parent
    files.put(root, {str(file.relative_to(root)): after for file, (_, after) in changes.items()})


def _written(moved: Mapping[str, Mapping[str, str]]) -> str:
    """As ruff lays it out."""
    lines = ["{"]
    for unit, moves in moved.items():
        lines += [f'    "{unit}": {{', *(f'        "{old}": "{new}",' for old, new in moves.items()), "    },"]
    return "\n".join([*lines, "}"])
