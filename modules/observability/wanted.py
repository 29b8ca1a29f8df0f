"""Whether a service with a schedule is wanted, as a factor of all alarms that ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from modules.observability.alarm import Metric

# So that those of four services have room in an expression.
_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """How many tasks a service should have.

    Container Insights says so of a service with running tasks alone, so that silence is a stop on purpose or an outage.
    """

    metric: Metric
    hours: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Those of a week in which it is surely wanted: the day, 1 for Monday to 7, and the hour, in UTC."""

    def expression(self, name: str, otherwise: str = "") -> str:
        """Above 0 where it is wanted. `name` is that of the metric; `otherwise`: what it is in all other hours.

        HOUR and DAY are there for periods without a figure too.
        """
        otherwise, hours = otherwise or f"FILL({name}, 0)", self._hours(name)
        return f"IF({hours}, FILL({name}, 1), {otherwise})" if hours else otherwise

    @property
    def meaning(self) -> str:
        """What an alarm on it says of a service of which nothing is counted."""
        if self._hours("wanted"):
            return " While no task runs, this fires in the hours in which the schedule wants some for sure."
        return " While no task runs, this does not fire: an outage looks like a stop by the schedule."

    def _hours(self, name: str) -> str:
        """Hours of the same days are named together: a working day of America or Asia is of two days in UTC.

        Empty where there is no room for all.
        """
        of_hours = [tuple(day for day in range(1, 8) if (day, hour) in self.hours) for hour in range(24)]
        alike = {days: [hour for hour, each in enumerate(of_hours) if each == days] for days in of_hours if days}
        found = [
            " AND ".join([*_within("DAY", name, days, 1, 7), *_within("HOUR", name, spans, 0, 23)])
            for named, hours in alike.items()
            for days in _spans(named)
            for spans in _spans(hours)
        ]
        text = " OR ".join(f"({each})" for each in found) if len(found) > 1 else "".join(found)
        return text if len(text) <= _LONGEST else ""


def _spans(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of those that follow each other."""
    for _, each in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        found = [number for _, number in each]
        yield found[0], found[-1]


def _within(function: str, name: str, span: tuple[int, int], least: int, most: int) -> Iterator[str]:
    if span[0] == span[1]:
        yield f"{function}({name}) == {span[0]}"
        return
    if span[0] > least:
        yield f"{function}({name}) >= {span[0]}"
    if span[1] < most:
        yield f"{function}({name}) <= {span[1]}"
