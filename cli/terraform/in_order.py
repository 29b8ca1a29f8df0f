"""Works through units in the order of their dependencies, independent ones side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

from cli.terraform.tree import Unit

ResultT = TypeVar("ResultT")

# A signal that comes just when Python begins to wait is seen when that ends, so nothing is waited for without an end.
# https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
LOOK_SECONDS = 1.0


class NotDone(Exception):
    """A unit that was left out, because one that it waits for failed."""


@dataclass(frozen=True, slots=True)
class Results(Generic[ResultT]):
    """What became of each unit, by its name, in the order in which they ended."""

    done: dict[str, ResultT] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)

    def all(self) -> dict[str, ResultT]:
        """The result of each unit. Raises the first exception if any unit failed."""
        for error in self.failed.values():
            raise error
        return self.done


def in_order(
    units: Sequence[Unit],
    work: Callable[[Unit], ResultT],
    *,
    most_at_once: int,
    is_reversed: bool = False,
    stop: Callable[[], None] = lambda: None,
) -> Results[ResultT]:
    """What `work` returns or raises for each unit; NotDone for a unit whose upstream failed.

    Upstreams come first, or last where `is_reversed`. An interrupt calls `stop`, and ends once the work that runs has
    ended.
    """
    by_name = {unit.name: unit for unit in units}
    waits_for = _reversed(units) if is_reversed else {unit.name: unit.dependencies for unit in units}
    sorter = TopologicalSorter(
        {name: [other for other in others if other in by_name] for name, others in waits_for.items()}
    )
    sorter.prepare()
    results: Results[ResultT] = Results()

    def one(name: str) -> str:
        """Only this thread writes of this unit, and the next ones start when it has ended."""
        try:
            if failed := [other for other in waits_for[name] if other in results.failed]:
                raise NotDone(f"not done, because {failed[0]} failed")
            results.done[name] = work(by_name[name])
        except Exception as error:  # noqa: BLE001  (each unit has its own)
            results.failed[name] = error
        return name

    running: set[Future[str]] = set()
    with ThreadPoolExecutor(most_at_once) as executor:
        try:
            while sorter.is_active():
                running |= {executor.submit(one, name) for name in sorter.get_ready()}
                done, running = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
                sorter.done(*(future.result() for future in done))
        except BaseException:
            stop()
            executor.shutdown(cancel_futures=True)
            raise
    return results


def _reversed(units: Sequence[Unit]) -> Mapping[str, Sequence[str]]:
    return {unit.name: [other.name for other in units if unit.name in other.dependencies] for unit in units}
