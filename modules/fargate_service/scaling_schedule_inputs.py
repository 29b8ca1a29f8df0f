"""Inputs of scaling by schedule: other bounds from a time on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from modules.scheduled_task.expression import HOURS_A_MONTH, is_once, is_rate, moment, starts_a_month, times, years
from modules.scheduled_task.inputs import time_rules
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html
_MOST_ACTIONS = 200
# Once an hour. All instants of twelve years are compared, which are half a million a year of an action each minute.
_MOST_A_MONTH = HOURS_A_MONTH
# Between the second Mondays of two months. A service that is away for longer, and was to stop again, is forgotten.
_MOST_DAYS, _DAY = 35, timedelta(days=1)
# In twelve years any day of the year is any day of the week, but for the 29th of February. None of these depends on the
# day on which somebody synthesizes.
_FIRST_YEAR, _YEARS = 2028, 12


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
    returns again and again, at another time, within 35 days or before the next stop; neither is a rate then, and
    together they come once an hour at the most."""
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
        return
    stops = {index: each for index, each in enumerate(schedule) if each.bounds(min_count, max_count) == (0, 0)}
    often = sum(starts_a_month(each.expression) for each in (*stops.values(), *returns) if not is_rate(each.expression))
    if stops and often > _MOST_A_MONTH:
        what = f"its stops and the actions that return come {round(often)} times a month together"
        yield Problem(
            "schedule",
            what,
            f"name their minutes and hours, so that it is once an hour at the most: {_MOST_A_MONTH} a month",
        )
        return
    for index, stop in stops.items():
        yield from _stop_rules(f"schedule[{index}].expression", stop, returns)


def _stop_rules(
    field: str, stop: ScheduledScalingInputs, returns: Sequence[ScheduledScalingInputs]
) -> Iterator[Problem]:
    """A service that is stopped has nothing but its schedule that could start it."""
    if rates := [each for each in (stop, *returns) if is_rate(each.expression)]:
        what = f"stops the service, and {show(rates[0].name)} is a rate, which counts from when AWS takes it"
        yield Problem(field, what, 'use a time for both, such as "cron(0 7 * * ? *)"')
    elif clashing := [each.name for each in returns if _coincide(each, stop)]:
        what = f"stops the service at a minute in which {show(clashing[0])} starts it, and AWS may do either last"
        yield Problem(field, what, "choose another time")
    elif not _is_followed(stop, returns):
        when = "after it" if is_once(stop.expression) else f"within {_MOST_DAYS} days or before the next stop"
        what = f"stops the service, and no action that returns comes {when}"
        remedy = 'give one an expression without a year or an end, such as "cron(0 7 ? * MON-FRI *)"'
        yield Problem(field, what, remedy)


def _period(*actions: ScheduledScalingInputs) -> tuple[date, date]:
    """Days on which whatever these actions have in common is seen: those of what comes once, or twelve years."""
    once = [moment(each.expression, each.time_zone).date() for each in actions if is_once(each.expression)]
    if once:
        return min(once) - _DAY, max(once) + _DAY
    first = max(min(years(each.expression), default=0) for each in actions) or _FIRST_YEAR
    return date(first, 1, 1), date(first + _YEARS - 1, 12, 31)


def _times(action: ScheduledScalingInputs, period: tuple[date, date]) -> tuple[datetime, ...]:
    return times(action.expression, action.time_zone, *period)


def _coincide(one: ScheduledScalingInputs, other: ScheduledScalingInputs) -> bool:
    period = _period(one, other)
    return not {*_times(one, period)}.isdisjoint(_times(other, period))


def _is_followed(stop: ScheduledScalingInputs, returns: Sequence[ScheduledScalingInputs]) -> bool:
    """Whether a return comes after each stop, before it has been stopped for long."""
    endless = [each for each in returns if not years(each.expression)]
    if is_once(stop.expression):
        at, once = _moment(stop), (each for each in returns if is_once(each.expression))
        return any(_moment(each) > at for each in once) or any(_times(each, _period(each)) for each in endless)
    first, last = _period(stop)
    longest = _MOST_DAYS * _DAY
    starts = sorted(time for each in endless for time in _times(each, (first, last + longest + _DAY)))
    for at, again in pairwise(_times(stop, (first, last))):
        following = bisect_right(starts, at)
        if following == len(starts) or starts[following] > max(again, at + longest):
            return False
    return bool(starts)


def _moment(action: ScheduledScalingInputs) -> datetime:
    return moment(action.expression, action.time_zone)
