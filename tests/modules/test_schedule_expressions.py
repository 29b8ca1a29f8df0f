"""Expressions of schedules: what EventBridge Scheduler takes, and how often it starts something."""

from __future__ import annotations

from datetime import date

import pytest

from modules.scheduled_task.expression import starts_a_month, times
from modules.scheduled_task.inputs import ScheduleInputs
from modules.validation import problems


def wrong(expression: str, **changes: object) -> list[tuple[str, str]]:
    given = ScheduleInputs(expression=expression, **changes)  # type: ignore[arg-type]
    return [(problem.field, problem.what) for problem in problems(given)]


@pytest.mark.parametrize(
    ("expression", "starts"),
    [
        ("rate(1 minute)", 730 * 60),
        ("rate(1 minutes)", 730 * 60),
        ("rate(12 hours)", 730 / 12),
        ("rate(2 days)", 730 / 48),
        ("cron(*/15 8-17 * * ? *)", 4 * 10 * 730 / 24),
        ("cron(30 3 ? * MON-FRI *)", 5 / 7 * 730 / 24),
        ("cron(0 0 1,15 * ? *)", 2 / 31 * 730 / 24),
        ("cron(0 0 L * ? *)", 1),
        ("cron(0 0 15W JAN ? *)", 1 / 12),
        ("cron(0 0 ? JAN,jul WED#2 2026-2030)", 2 / 12),
        ("cron(0 10/6 ? * 6L *)", 3),
        ("at(2027-01-31T03:30:00)", 1),
    ],
)
def test_what_the_scheduler_takes_is_taken_and_counted(expression: str, starts: float) -> None:
    assert wrong(expression) == []
    assert float(starts_a_month(expression)) == pytest.approx(starts)


NO_SCHEDULE = "is not a schedule"


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("5 minutes", NO_SCHEDULE),
        ("rate(0 minutes)", NO_SCHEDULE),
        ("rate(5 weeks)", NO_SCHEDULE),
        ("cron(30 3 * * ?)", NO_SCHEDULE),
        ("at(2027-01-31)", NO_SCHEDULE),
        ("at(2027-02-31T03:30:00)", "is not a time"),
        ("at(9999-12-31T03:30:00)", "is not a time"),
        ("cron(60 3 * * ? *)", "is not valid for minutes"),
        ("cron(0 24 * * ? *)", "is not valid for hours"),
        ("cron(1_0 20 * * ? *)", "is not valid for minutes"),
        ("cron(0 \u0662\u0660 * * ? *)", "is not valid for hours"),
        ("cron(0 20 ? * \u017fUN *)", "is not valid for the day of the week"),
        ("at(\u0662\u066027-01-31T03:30:00)", NO_SCHEDULE),
        ("cron(0 5-3 * * ? *)", "is not valid for hours"),
        ("cron(0 3 32 * ? *)", "is not valid for the day of the month"),
        ("cron(0 3 * FOO ? *)", "is not valid for the month"),
        ("cron(0 3 ? * 0 *)", "is not valid for the day of the week"),
        ("cron(0 3 * * * *)", "the day of the month or that of the week must be ?"),
        ("cron(0 3 ? * ? *)", "the day of the month or that of the week must be ?"),
    ],
)
def test_what_it_refuses_is_refused_before(expression: str, what: str) -> None:
    ((field, found),) = wrong(expression)
    assert field == "expression"
    assert what in found


def test_a_time_zone_is_an_iana_name_and_not_that_of_a_rate() -> None:
    assert wrong("cron(0 3 * * ? *)", time_zone="America/Argentina/Buenos_Aires") == []
    assert wrong("cron(0 3 * * ? *)", time_zone="Europe/Springfield") == [
        ("time_zone", "'Europe/Springfield' is not a time zone")
    ]
    assert wrong("cron(0 3 * * ? *)", time_zone="Factory") == [("time_zone", "'Factory' is not a time zone")]
    assert wrong("cron(0 3 * * ? *)", time_zone="../etc") == [("time_zone", "'../etc' is not a time zone")]
    assert wrong("rate(1 day)", time_zone="Europe/Berlin") == [("time_zone", "has no effect on a rate")]


def test_attempts_are_as_many_and_as_long_as_the_scheduler_tries() -> None:
    assert wrong("rate(1 day)", retry_attempts=0, retry_seconds=60) == []
    assert wrong("rate(1 day)", retry_attempts=186, retry_seconds=86_401) == [
        ("retry_attempts", "got 186"),
        ("retry_seconds", "got 86401"),
    ]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("cron(0 12 L * ? *)", [31, 28, 31]),
        ("cron(0 12 LW * ? *)", [29, 26, 31]),  # of Sunday the 31st, and of Sunday the 28th
        ("cron(0 12 31W * ? *)", [29, 31]),
        ("cron(0 12 1W FEB ? *)", [1]),
        ("cron(0 12 1W MAY ? *)", [3]),  # of Saturday the 1st, which is the first of its month
        ("cron(0 12 30 * ? 2027)", [30, 30]),
        ("cron(0 12 ? * L *)", [2, 9, 16, 23, 30, 6, 13, 20, 27, 6, 13, 20, 27]),
        ("cron(0 12 ? * FRIL *)", [29, 26, 26]),
        ("cron(0 12 ? * 2#2 *)", [11, 8, 8]),
        ("cron(0 12 ? * FRI#5 *)", [29]),
        ("cron(0 12 1 1 ? 2028)", []),
        ("at(2027-03-31T12:00:00)", [31]),
        ("at(2027-06-01T12:00:00)", []),
    ],
)
def test_it_comes_on_the_days_that_the_calendar_of_2027_has(expression: str, days: list[int]) -> None:
    last = date(2027, 5, 31) if "MAY" in expression else date(2027, 3, 31)
    assert [time.day for time in times(expression, "UTC", date(2027, 1, 1), last)] == days


def test_times_are_instants_whatever_the_zone_and_the_season() -> None:
    found = [time.hour for time in times("cron(0 7 1 1,7 ? *)", "Europe/Berlin", date(2027, 1, 1), date(2027, 12, 31))]
    assert found == [6, 5]
    (late,) = times("at(2027-01-01T20:00:00)", "America/New_York", date(2027, 1, 1), date(2027, 1, 1))
    assert (late.day, late.hour) == (2, 1)
