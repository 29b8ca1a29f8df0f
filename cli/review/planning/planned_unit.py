"""What planning a unit has come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.review.planning.inputs import Input, Source
from cli.terraform.plan import UnitPlan

FILE = "tfplan"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUnit:
    """A unit with its plan, or with what went wrong."""

    name: str
    """The unit's id, such as `prod-postgresql`."""
    directory: Path
    """The copy in which it was planned. It holds the binary plan, `tfplan`, only where `inexact` is empty."""
    plan: UnitPlan | None = None
    """None until it is read, and where there is an error."""
    error: str | None = None
    """Why there is no plan, in one line."""
    inputs: tuple[Input, ...] = ()
    """The outputs of other units that it was planned with."""
    running: Mapping[str, str] = field(default_factory=dict)
    """Variables that were planned with the value that runs, because none was given."""
    placeholders: Mapping[str, Any] = field(default_factory=dict)
    """Variables that were planned with a made up value."""
    is_refreshed: bool = True
    """Whether the state was compared with what there is: not offline, and not where a secret may not be read."""
    inexact: str = ""
    """Why the plan is for reading only, and not what an apply would do; empty where it is just that."""

    new_state: str = ""
    """Where its state will be, where there is none yet; empty for all others, and where nobody looks, as offline."""
    unchanged: frozenset[str] | None = None
    """The outputs that it leaves as they are deployed; None where nobody knows before the plan is read."""

    @property
    def mocked(self) -> bool:
        """Whether anything in the plan is made up."""
        return bool(self.placeholders) or bool(self.outputs(Source.MOCK))

    def leaves(self, outputs: Iterable[str]) -> bool:
        """Whether it is known, also before the plan is read, that these outputs stay as they are deployed."""
        return self.unchanged is not None and self.unchanged.issuperset(outputs)

    def outputs(self, source: Source) -> dict[str, tuple[str, ...]]:
        """The outputs that come from this source, by the name of the upstream."""
        found: dict[str, tuple[str, ...]] = {}
        for item in self.inputs:
            if item.source is source:
                found[item.remote_state] = (*found.get(item.remote_state, ()), item.output)
        return found
