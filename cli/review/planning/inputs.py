"""What a unit is planned with: the outputs of its upstreams, as they are, as they will be, or mocked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cli.terraform.plan import Change
from cli.terraform.tree import Json, Unit


class Source(StrEnum):
    """Where the value of an input comes from."""

    REAL = "real"
    """The state of the upstream, which does not change it."""
    CHANGING = "changing"
    """The state of the upstream, whose plan changes it to what is known after apply only."""
    PLANNED = "planned"
    """The plan of the upstream."""
    MOCK = "mock"
    """Made up, or planned from what is made up: the upstream is not deployed."""


SUBSTITUTED = frozenset({Source.PLANNED, Source.MOCK})
"""What the state of the upstream does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An output of an upstream that a unit reads."""

    remote_state: str
    """The data source that reads it, such as `network`."""
    output: str
    source: Source
    value: Any = None
    """None where the unit reads it from the state of the upstream itself, without anybody looking at it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What is known of an upstream when a unit is planned."""

    outputs: Mapping[str, Change]
    """What its plan does to each of its outputs."""
    mocked: bool
    """Whether its plan is made from mocks, so that what it plans may be wrong."""

    @property
    def is_deployed(self) -> bool:
        """Whether its state holds any output."""
        return any(change.before is not None for change in self.outputs.values())


def inputs_of(unit: Unit, remote_state: str, upstream: Upstream) -> list[Input]:
    """Every output of the upstream that the unit uses and that has a value. Real values win over mocks."""
    mocks = unit.mocks.get(remote_state, {})
    found = []
    for output in sorted(unit.reads(remote_state)):
        value, source = _resolve(upstream.outputs.get(output), mocks.get(output), mocked=upstream.mocked)
        if value is not None:
            found.append(Input(remote_state=remote_state, output=output, value=value, source=source))
    return found


def state_of(inputs: list[Input], upstream: Upstream) -> Json:
    """A state that holds nothing but outputs: the real ones, and in their place what the inputs say."""
    values = {name: change.before for name, change in upstream.outputs.items() if change.before is not None}
    return state_with(values | {found.output: found.value for found in inputs})


def state_with(outputs: Mapping[str, Any]) -> Json:
    """A state that holds nothing but these outputs."""
    return {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "plan",
        "resources": [],
        "outputs": {name: {"value": value, "type": type_of(value)} for name, value in sorted(outputs.items())},
    }


def type_of(value: object) -> object:
    """The type of a value, as a state writes it."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return ["tuple", [type_of(item) for item in value]]
        case dict():
            return ["object", {key: type_of(item) for key, item in value.items()}]
        case _:
            return "dynamic"


def _resolve(change: Change | None, mock: Any, *, mocked: bool) -> tuple[Any, Source]:
    if change is None:
        return mock, Source.MOCK
    if change.actions == ("no-op",):
        return change.before, Source.REAL
    if change.before is not None and (mocked or change.is_unknown):
        return change.before, Source.CHANGING
    if not change.is_unknown:
        return change.after, Source.MOCK if mocked else Source.PLANNED
    return mock, Source.MOCK
