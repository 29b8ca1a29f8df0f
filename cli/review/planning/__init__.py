"""Plans the units of a tree in the order of their dependencies, before all of them are deployed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from cli.review.planning.planned_unit import PlannedUnit
from cli.review.planning.planner import Planner
from cli.terraform.in_order import NotDone, in_order
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace

__all__ = ["PlannedUnit", "plan_units"]

# Each plan loads the schema of the AWS provider: some seconds of CPU, and most of a gigabyte.
_MOST_AT_ONCE = 8


def plan_units(
    units: Sequence[Unit],
    workspace: Workspace,
    terraform: Terraform,
    *,
    offline: bool = False,
    image_tags: Mapping[str, str] | None = None,
    progress: Callable[[str, str], None] = lambda _unit, _step: None,
) -> list[PlannedUnit]:
    """Plan these units, independent ones side by side, and return them in the order in which they were given.

    Each is planned with the real outputs of its upstreams, with what these are planned to be, and with mocks for what
    is neither. `offline` needs no account, no credentials and no state. `image_tags` has the images that run, by
    environment, for units that are not told one. A unit that fails has an error in place of a
    plan, and what depends on it is not planned. `progress` gets the id of a unit and what is done with it.
    """
    planner = Planner(units, workspace, terraform, is_offline=offline, image_tags=image_tags or {})
    planned: dict[str, PlannedUnit] = {}

    def plan(unit: Unit) -> PlannedUnit:
        try:
            planned[unit.name] = planner.plan(unit, planned, lambda step: progress(unit.name, step))
        except TerraformFailed:
            progress(unit.name, "failed")
            raise
        progress(unit.name, "planned")
        return planned[unit.name]

    at_once = min(os.cpu_count() or 1, _MOST_AT_ONCE)
    results = in_order(units, plan, most_at_once=at_once, stop=lambda: terraform.stop(grace_seconds=5))
    return [results.done.get(unit.name) or _failed(unit, results.failed[unit.name]) for unit in units]


def _failed(unit: Unit, error: Exception) -> PlannedUnit:
    if isinstance(error, TerraformFailed | NotDone):
        return PlannedUnit(name=unit.name, directory=unit.directory, error=str(error))
    raise error
