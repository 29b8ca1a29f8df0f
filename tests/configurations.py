"""Environments as text, and trees of inputs with one value changed: what the tests of bad input are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_type_hints

Path = tuple[str, ...]
"""The fields that lead to a value; `[0]` and `['key']` are not followed."""


def leaves(tree: object, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Every field below a tree of inputs: its path, its annotation and its value."""
    hints = get_type_hints(type(tree))
    for field in fields(tree):  # type: ignore[arg-type]
        value = getattr(tree, field.name)
        yield (*path, field.name), hints[field.name], value
        if is_dataclass(value):
            yield from leaves(value, (*path, field.name))


def changed(tree: Any, path: Path, value: object) -> Any:
    """A copy of the tree with another value at the path. Nothing is validated."""
    first, *rest = path
    return replace(tree, **{first: changed(getattr(tree, first), tuple(rest), value) if rest else value})


def source(environment: object) -> str:
    """A file of stacks/config that says the same as this environment."""
    classes = sorted({(type(tree).__module__, type(tree).__name__) for tree in _trees(environment)})
    imports = "".join(f"from {module} import {name}\n" for module, name in classes)
    return f"{imports}\nENVIRONMENT = {environment!r}\n"


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
