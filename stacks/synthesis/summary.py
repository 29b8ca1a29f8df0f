"""What a synthesis has written, as the table that it ends with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True)
class UnitSummary:
    """What was written for a unit."""

    environment: str
    unit: str
    resources: int
    dependencies: tuple[str, ...]


def summarize(output: Path, units: Iterable[tuple[str, str]]) -> list[UnitSummary]:
    """Summaries of units, which are given as environment and unit, from the output of cdktf."""
    manifest = json.loads((output / "manifest.json").read_bytes())["stacks"]
    summaries = []
    names = {f"{environment}-{unit}": (environment, unit) for environment, unit in units}
    for stack, (environment, unit) in names.items():
        written = manifest[stack]
        dependencies = tuple(names[dependency][1] for dependency in written["dependencies"])
        resources = _resources((output / written["synthesizedStackPath"]).read_text("utf-8"))
        summaries.append(UnitSummary(environment, unit, resources, dependencies))
    return summaries


def table(units: Iterable[UnitSummary]) -> Table:
    """Units by environment, with their resources and what they depend on."""
    made = Table("unit", "resources", "dependencies")
    made.columns[1].justify = "right"
    environment = None
    for unit in units:
        if unit.environment != environment:
            made.add_section()
            environment = unit.environment
        made.add_row(f"{unit.environment}-{unit.unit}", str(unit.resources), ", ".join(unit.dependencies) or "-")
    return made


def _resources(text: str) -> int:
    return sum(len(named) for named in json.loads(text).get("resource", {}).values())
