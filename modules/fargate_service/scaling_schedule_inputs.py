"""Inputs of scaling by schedule: other bounds from a time on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from modules.scheduled_task.expression import is_endless, is_once, may_coincide
from modules.scheduled_task.inputs import time_rules
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html
_MOST_ACTIONS = 200


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
    """None: that of the service, to which an action without both returns. Both 0 stop the service, and need one that
    returns again and again, at another time."""
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
    if len(schedule) > _MOST_ACTIONS:
        yield Problem("schedule", f"has {len(schedule)} actions", f"AWS takes {_MOST_ACTIONS} of a service")
    returns = [action for action in schedule if action.bounds(min_count, max_count) == (min_count, max_count)]
    if schedule and not returns:
        what = f"no action returns to {min_count} to {max_count} tasks"
        yield Problem("schedule", what, "add one without min_count and max_count, or remove the others")
    for index, action in enumerate(schedule if returns else ()):
        if action.bounds(min_count, max_count) == (0, 0):
            yield from _stop_rules(f"schedule[{index}].expression", action, returns)


def _stop_rules(
    field: str, stop: ScheduledScalingInputs, returns: Iterable[ScheduledScalingInputs]
) -> Iterator[Problem]:
    """A service that is stopped has nothing but its schedule that could start it."""
    same = [each for each in returns if each.time_zone == stop.time_zone]
    if clashing := [each.name for each in same if may_coincide(each.expression, stop.expression)]:
        what = f"stops the service at a minute in which {show(clashing[0])} starts it, and AWS may do either last"
        yield Problem(field, what, "choose another time")
    elif not any(is_endless(each.expression) or _follows(each, stop) for each in returns):
        what = "stops the service, and no action that returns comes after each stop"
        remedy = 'give one an expression without a year or an end, such as "cron(0 7 ? * MON-FRI *)"'
        yield Problem(field, what, remedy)


def _follows(action: ScheduledScalingInputs, stop: ScheduledScalingInputs) -> bool:
    """Whether both happen once, and in this order."""
    return is_once(action.expression) and is_once(stop.expression) and _moment(action) > _moment(stop)


def _moment(action: ScheduledScalingInputs) -> datetime:
    at = datetime.fromisoformat(action.expression.removeprefix("at(").removesuffix(")"))
    return at.replace(tzinfo=ZoneInfo(action.time_zone))
