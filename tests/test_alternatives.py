"""The environments of tests/alternatives.py leave no alternative out, and are what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from modules.validation import problems
from stacks.config.schema import Environment
from tests.alternatives import BASE, NOT_VARIED, REFUSED, alternatives, applied, derived_values

Field = tuple[str, str]


@pytest.mark.thorough
def test_every_field_has_every_alternative() -> None:
    seen: dict[Field, set[str]] = {}
    for each in alternatives():
        for cls, name, value in _values(each.environment):
            seen.setdefault((cls.__name__, name), set()).add(repr(value))
    missing = []
    for cls in _classes(Environment):
        hints = get_type_hints(cls)
        for name in (field.name for field in fields(cls)):
            choices = {repr(value) for value in derived_values(hints[name])} - _refused(cls.__name__, name)
            found = seen.get((cls.__name__, name), set())
            if (cls.__name__, name) not in NOT_VARIED and (not choices <= found or len(found) < 2):
                missing.append(f"{cls.__name__}.{name}: {sorted(choices - found) or 'another value'}")
    assert not missing, f"add a line to tests/alternatives.py: {missing}"


@pytest.mark.parametrize(("path", "value"), sorted(REFUSED))
def test_a_choice_that_is_left_out_is_refused_always(path: str, value: str) -> None:
    assert path in {problem.field for problem in problems(applied(BASE, {path: value}))}


def test_there_are_few_of_them() -> None:
    assert len(alternatives()) <= 13


def _refused(cls: str, name: str) -> set[str]:
    """The choices that an input of this class never has."""
    ends = {"ZoneSettingsInputs": "zone_settings."}
    return {repr(value) for path, value in REFUSED if path.endswith(f"{ends.get(cls, '!')}{name}")}


def _values(tree: Any) -> Iterator[tuple[type, str, Any]]:
    for field in fields(tree):
        value = getattr(tree, field.name)
        yield type(tree), field.name, value
        nested = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
        for each in nested:
            if is_dataclass(each):
                yield from _values(each)


def _classes(annotation: Any) -> Iterator[type]:
    """The classes of inputs in an annotation, and in those of their fields."""
    if is_dataclass(annotation) and isinstance(annotation, type):
        yield annotation
        for each in get_type_hints(annotation).values():
            yield from _classes(each)
    for each in get_args(annotation):
        yield from _classes(each)
