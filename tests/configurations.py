"""Environments as text, and trees of inputs with one value changed: what the tests of bad input are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from stacks.config.schema import Environment

Fields = tuple[str, ...]
"""Those that lead to a value; `[0]` and `['key']` are not followed."""


def leaves(tree: object, path: Fields = ()) -> Iterator[tuple[Fields, Any, Any]]:
    """Every field below a tree of inputs: its path, its annotation and its value."""
    hints = get_type_hints(type(tree))
    for field in fields(tree):  # type: ignore[arg-type]
        value = getattr(tree, field.name)
        yield (*path, field.name), hints[field.name], value
        if is_dataclass(value):
            yield from leaves(value, (*path, field.name))


def changed(tree: Any, path: Fields, value: object) -> Any:
    """A copy of the tree with another value at the path. Nothing is validated."""
    first, *rest = path
    return replace(tree, **{first: changed(getattr(tree, first), tuple(rest), value) if rest else value})


def source(environment: object) -> str:
    """A file of stacks/config that says the same as this environment."""
    classes = ", ".join(sorted({type(tree).__name__ for tree in _trees(environment)}))
    return f"from stacks.config import {classes}\n\nENVIRONMENT = {environment!r}\n"


def write(directory: Path, *environments: Environment) -> None:
    """A directory of these environments, as stacks/config is one."""
    names = tuple(environment.name for environment in environments)
    (directory / "__init__.py").write_text(f"ENVIRONMENTS = {names!r}\n")
    for environment in environments:
        (directory / f"{environment.name}.py").write_text(source(environment))


def _trees(value: object) -> Iterator[object]:
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _trees(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _trees(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _trees(item)
