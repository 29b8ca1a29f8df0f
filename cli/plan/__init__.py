"""Plans the units of a tree in the order of their dependencies, before all of them are deployed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from cli.plan.planned_unit import PlannedUnit
from cli.plan.planner import Planner
from cli.terraform import Terraform
from cli.tree import Unit
from cli.workspace import Workspace

__all__ = ["PlannedUnit", "plan_units"]

# Each plan loads the schema of the AWS provider: some seconds of CPU, and most of a gigabyte.
_MOST_AT_ONCE = 8


def plan_units(
    units: Sequence[Unit],
    workspace: Workspace,
    terraform: Terraform,
    *,
    offline: bool = False,
    progress: Callable[[str, str], None] = lambda _unit, _step: None,
) -> list[PlannedUnit]:
    """Plan these units, independent ones side by side, and return them in the order in which they were given.

    Each is planned with the real outputs of its upstreams, with what these are planned to be, and with mocks for what
    is neither. `offline` needs no account, no credentials and no state. A unit that fails has an error in place of a
    plan, and what depends on it is not planned. `progress` gets the id of a unit and what is done with it.
    """
    planner = Planner(units, workspace, terraform, is_offline=offline)
    by_name = {unit.name: unit for unit in units}
    sorter = TopologicalSorter({unit.name: [name for name in unit.dependencies if name in by_name] for unit in units})
    sorter.prepare()
    planned: dict[str, PlannedUnit] = {}

    def plan(name: str) -> PlannedUnit:
        unit = by_name[name]
        failed = [upstream for upstream in unit.dependencies if upstream in planned and not planned[upstream].plan]
        if failed:
            return PlannedUnit(name=name, directory=unit.directory, error=f"not planned, because {failed[0]} failed")
        return planner.plan(unit, planned, lambda step: progress(name, step))

    running: set[Future[PlannedUnit]] = set()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_AT_ONCE)) as executor:
        try:
            while sorter.is_active():
                running |= {executor.submit(plan, name) for name in sorter.get_ready()}
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for result in (future.result() for future in done):
                    planned[result.name] = result
                    progress(result.name, "failed" if result.error else "planned")
                    sorter.done(result.name)
        except BaseException:
            terraform.stop(grace_seconds=5)
            executor.shutdown(cancel_futures=True)
            raise
    return [planned[unit.name] for unit in units]
