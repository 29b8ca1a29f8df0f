"""Expressions of schedules: what EventBridge Scheduler takes, and how often it starts something."""

from __future__ import annotations

import pytest

from modules.scheduled_task.expression import starts_a_month
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
        ("cron(60 3 * * ? *)", "is not valid for minutes"),
        ("cron(0 24 * * ? *)", "is not valid for hours"),
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
