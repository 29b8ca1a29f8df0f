"""Plans the units of a tree in the order of their dependencies, before all of them are deployed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cli.review.planning.planned_unit import PlannedUnit
from cli.review.planning.planner import Planner, Prepared
from cli.review.planning.schedule import Schedule
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace

__all__ = ["PlannedUnit", "plan_units"]

# Each plan loads the schema of the AWS provider: some seconds of CPU, and most of a gigabyte.
_MOST_AT_ONCE = 8

# What nothing waits for fills the gaps: plans are looked at and read beside others.
_CHAIN, _LOOK, _READ = range(3)
_PREPARE, _PLAN = range(2)


def plan_units(
    units: Sequence[Unit],
    workspace: Workspace,
    terraform: Terraform,
    *,
    offline: bool = False,
    image_tags: Mapping[str, str] | None = None,
    progress: Callable[..., None] = lambda *_, **__: None,
    look: Callable[[UnitPlan], None] | None = None,
    stop: Callable[[], None] = lambda: None,
) -> list[PlannedUnit]:
    """Plan these units, independent ones side by side, and return them in the order in which they were given.

    Each is planned with the real outputs of its upstreams, with what these are planned to be, and with mocks for what
    is neither. `offline` needs no account, no credentials and no state. `image_tags` has the images that run, by
    environment, for units that are not told one. A unit that fails has an error in place of a plan, and what depends on
    it is not planned. `progress`, as `Steps` has it, gets the id of a unit and what is done with it; `look` gets each
    plan as soon as there is one, on a thread beside others, and an interrupt ends that by `stop`.
    """
    planner = Planner(units, workspace, terraform, is_offline=offline, image_tags=image_tags or {})
    planning = _Planning(units, planner, progress, look)

    def stop_all() -> None:
        stop()
        terraform.stop(grace_seconds=5)

    planning.run(stop_all)
    return planning.results()


class _Planning:
    """What has come of each unit so far: it is prepared, planned, and its plan is read.

    A unit is prepared ahead. It is planned as soon as its upstreams are, and waits until their plans are read only
    where these change an output that it uses.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        planner: Planner,
        progress: Callable[..., None],
        look: Callable[[UnitPlan], None] | None,
    ) -> None:
        self._units = units
        self._planner = planner
        self._progress = progress
        self._look = look
        self._schedule = Schedule(min(os.cpu_count() or 1, _MOST_AT_ONCE))
        self._heights = _heights(units)
        self._waiting = list(units)
        self._prepared: dict[str, Prepared | Exception] = {}
        self._planned: dict[str, PlannedUnit] = {}
        self._failed: dict[str, str] = {}

    def run(self, stop: Callable[[], None]) -> None:
        """Plan all units."""
        for unit in self._units:
            urgency = (_CHAIN, -self._heights[unit.name], _PREPARE)
            self._schedule.add(urgency, partial(self._prepare, unit), partial(self._on_prepared, unit))
        self._schedule.run(stop)

    def results(self) -> list[PlannedUnit]:
        """Each unit with its plan, or with what went wrong."""
        return [
            PlannedUnit(name=unit.name, directory=unit.directory, error=self._failed[unit.name])
            if unit.name in self._failed
            else self._planned[unit.name]
            for unit in self._units
        ]

    def _prepare(self, unit: Unit) -> Prepared | None:
        if self._failed_upstream(unit):
            return None
        return self._planner.prepare(unit, partial(self._progress, unit.name))

    def _on_prepared(self, unit: Unit, result: Prepared | Exception | None) -> None:
        if result:
            self._prepared[unit.name] = result
        self._start_ready()
        if unit in self._waiting and unit.name in self._prepared:
            self._progress(unit.name, "waiting for its upstreams")

    def _on_planned(self, unit: Unit, result: PlannedUnit | Exception) -> None:
        if isinstance(result, Exception):
            self._fail(unit, result)
        else:
            self._planned[unit.name] = result
        self._start_ready()
        if unit.name in self._planned:
            is_awaited = any(self._planner.awaits(other, self._planned[unit.name]) for other in self._waiting)
            urgency = (_CHAIN, -self._heights[unit.name], _PLAN) if is_awaited else (_READ,)
            work = partial(self._planner.read, unit, self._planned[unit.name], partial(self._progress, unit.name))
            self._schedule.add(urgency, work, partial(self._on_read, unit))

    def _on_read(self, unit: Unit, result: PlannedUnit | Exception) -> None:
        if isinstance(result, Exception):
            self._fail(unit, result)
        else:
            self._planned[unit.name] = result
            self._progress(unit.name, "planned", is_done=True)
            if self._look and result.plan:
                self._schedule.add((_LOOK,), partial(self._look, result.plan), _raise)
        self._start_ready()

    def _start_ready(self) -> None:
        """Plan what waits for nothing any more."""
        # Upstreams come first, so that one pass sees all failures.
        for unit in [*self._waiting]:
            if failed := self._failed_upstream(unit):
                self._waiting.remove(unit)
                self._failed[unit.name] = f"not done, because {failed} failed"
                self._progress(unit.name, self._failed[unit.name], is_done=True)
            elif unit.name in self._prepared and self._planner.may_plan(unit, self._planned):
                self._waiting.remove(unit)
                prepared = self._prepared[unit.name]
                if isinstance(prepared, Exception):
                    self._fail(unit, prepared)
                    continue
                step = partial(self._progress, unit.name)
                work = partial(self._planner.plan, unit, prepared, dict(self._planned), step)
                urgency = (_CHAIN, -self._heights[unit.name], _PLAN)
                self._schedule.add(urgency, work, partial(self._on_planned, unit))

    def _failed_upstream(self, unit: Unit) -> str:
        return next((name for name in unit.dependencies if name in self._failed), "")

    def _fail(self, unit: Unit, error: Exception) -> None:
        if not isinstance(error, TerraformFailed):
            raise error
        self._failed[unit.name] = str(error)
        self._planned.pop(unit.name, None)
        self._progress(unit.name, "failed", is_done=True)


def _heights(units: Sequence[Unit]) -> dict[str, int]:
    """How many units, one after the other, wait for each unit: where there are more, its plan is more urgent."""
    heights: dict[str, int] = {}
    for unit in reversed(units):
        above = [heights[other.name] for other in units if unit.name in other.dependencies and other.name in heights]
        heights[unit.name] = 1 + max(above, default=-1)
    return heights


def _raise(result: Exception | None) -> None:
    if result:
        raise result
