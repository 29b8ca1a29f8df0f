"""The hours of a week in which a service with a schedule is wanted, whatever the week and the time of the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.scheduled_task.expression import HOURS_A_MONTH, is_once, is_rate, starts_a_month, times, years

WeekHour = tuple[int, int]
"""The day, 1 for Monday to 7, and the hour, both in UTC."""
_WEEK = frozenset((day, hour) for day in range(1, 8) for hour in range(24))
_HOUR = timedelta(hours=1)
# As for the rules of a schedule: in twelve years, any day of the year is any day of the week.
_FIRST, _LAST = date(2028, 1, 1), date(2039, 12, 31)
# The longest period of an alarm on it. Each begins at any minute and counts as the hour of its first.
_PERIOD = timedelta(minutes=5)


@lru_cache(maxsize=64)
def sure_hours(
    schedule: Sequence[ScheduledScalingInputs], min_count: int, max_count: int, start_minutes: int
) -> frozenset[WeekHour]:
    """Those of which each minute is wanted, and so is a period and `start_minutes` before it, and a period after it.

    None for a schedule that cannot be foretold: with a rate, with what comes once or in some years, or too often.
    """
    crons = [action.expression for action in schedule]
    if any(is_rate(each) or is_once(each) or years(each) for each in crons):
        return frozenset()
    if sum(map(starts_a_month, crons)) > HOURS_A_MONTH:
        return frozenset()
    # Of two at one minute AWS may do either last.
    moves = sorted(
        (at, action.bounds(min_count, max_count)[0] == 0)
        for action in schedule
        for at in times(action.expression, action.time_zone, _FIRST, _LAST)
    )
    found = {*_WEEK}
    for (stop, may_be_zero), (start, _) in pairwise(moves):
        if may_be_zero:
            found -= _met(stop - _PERIOD, start + timedelta(minutes=start_minutes) + _PERIOD)
    return frozenset(found)


def _met(first: datetime, last: datetime) -> frozenset[WeekHour]:
    """The hours that have a minute of this time."""
    if last - first >= timedelta(days=7):
        return _WEEK
    hour = first.replace(minute=0)
    found: set[WeekHour] = set()
    while hour < last:
        found.add((hour.isoweekday(), hour.hour))
        hour += _HOUR
    return frozenset(found)
