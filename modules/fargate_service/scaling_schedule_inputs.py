"""Inputs of scaling by schedule: other bounds from a time on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.scheduled_task.inputs import time_rules
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@inputs
class ScheduledScalingInputs:
    """Other bounds of a service from a time on, until its next action.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html
    """

    name: str
    """Of the action, such as `evening`: up to 32 lower-case letters, digits and dashes."""
    expression: str
    """`cron(0 20 ? * MON-FRI *)`: minutes, hours, day of month, month, day of week, year; `at(2027-11-26T06:00:00)`,
    once; or `rate(1 day)`."""
    time_zone: str = "UTC"
    """An IANA name: `America/Sao_Paulo`."""
    min_count: int | None = None
    """None: that of the service, to which an action without both returns. Both 0 stop the service."""
    max_count: int | None = None
    """None: that of the service."""

    def rules(self) -> Iterator[Problem]:
        if not _NAME.fullmatch(self.name):
            what = f"{show(self.name)} is not a valid name"
            yield Problem("name", what, 'use up to 32 lower-case letters, digits and dashes, such as "evening"')
        yield from time_rules(self.expression, self.time_zone)

    def bounds(self, min_count: int, max_count: int) -> tuple[int, int]:
        """Those of a service that has these itself."""
        low = min_count if self.min_count is None else self.min_count
        return low, max_count if self.max_count is None else self.max_count


def schedule_rules(
    schedule: tuple[ScheduledScalingInputs, ...], min_count: int, max_count: int, *, starts_from_zero: bool
) -> Iterator[Problem]:
    """`starts_from_zero`: whether something adds a task where none runs."""
    names = [action.name for action in schedule]
    for index, action in enumerate(schedule):
        field = f"schedule[{index}]"
        low, high = action.bounds(min_count, max_count)
        if action.name in names[:index]:
            yield Problem(f"{field}.name", f"{show(action.name)} is the name of another action", "choose another name")
        if not 0 <= low <= 5000:
            yield Problem(f"{field}.min_count", f"got {show(low)}", "choose 0 to 5000")
        elif not low <= high <= 5000:
            yield Problem(f"{field}.max_count", f"got {show(high)} with min_count {low}", f"choose {low} to 5000")
        elif low == 0 < high and not starts_from_zero:
            what = f"got 0 with max_count {high}, and a service without tasks has no load that could start one"
            yield Problem(f"{field}.min_count", what, "set max_count=0 too, which stops it, or choose 1 or more")
    if schedule and not any(action.bounds(min_count, max_count) == (min_count, max_count) for action in schedule):
        what = f"no action returns to {min_count} to {max_count} tasks"
        yield Problem("schedule", what, "add one without min_count and max_count, or remove the others")
