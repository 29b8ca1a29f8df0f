"""The hours in which a service with a schedule is wanted, whatever the week."""

from __future__ import annotations

import pytest

from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.sure_hours import sure_hours


def hours(stop: str, start: str, zone: str = "UTC", minutes: int = 4) -> dict[int, list[int]]:
    """By day."""
    schedule = (
        ScheduledScalingInputs(name="evening", expression=stop, time_zone=zone, min_count=0, max_count=0),
        ScheduledScalingInputs(name="morning", expression=start, time_zone=zone),
    )
    found = sure_hours(schedule, 2, 8, minutes)
    return {day: sorted(hour for each, hour in found if each == day) for day in sorted({day for day, _ in found})}


WORKDAYS = "cron(0 20 ? * MON-FRI *)", "cron(0 7 ? * MON-FRI *)"


def test_the_hour_of_the_start_and_the_last_before_the_stop_are_not_sure() -> None:
    assert hours(*WORKDAYS) == {day: [*range(8, 19)] for day in range(1, 6)}
    assert hours("cron(30 20 * * ? *)", "cron(45 6 * * ? *)")[7] == [*range(7, 20)]


def test_a_slow_start_takes_longer() -> None:
    assert hours("cron(30 20 * * ? *)", "cron(45 6 * * ? *)", minutes=15)[1] == [*range(8, 20)]


def test_hours_are_sure_in_summer_and_winter_alike() -> None:
    assert hours(*WORKDAYS, "Europe/Berlin") == {day: [*range(7, 17)] for day in range(1, 6)}
    assert hours(*WORKDAYS, "America/Sao_Paulo")[1] == [*range(11, 22)]


def test_hours_of_a_zone_far_away_are_those_of_another_day() -> None:
    assert hours(*WORKDAYS, "Pacific/Auckland") == {
        7: [20, 21, 22, 23],
        **{day: [0, 1, 2, 3, 4, 5, 20, 21, 22, 23] for day in range(1, 5)},
        5: [0, 1, 2, 3, 4, 5],
    }


@pytest.mark.parametrize(
    ("stop", "start"),
    [
        ("at(2030-01-01T20:00:00)", "cron(0 7 * * ? *)"),
        ("cron(0 20 * * ? 2030)", "cron(0 7 * * ? *)"),
        ("cron(0 20 25 * ? *)", "cron(0 7 28 * ? *)"),
    ],
)
def test_what_cannot_be_foretold_has_none(stop: str, start: str) -> None:
    assert hours(stop, start) == {}


def test_a_worker_that_may_sleep_is_not_wanted_for_sure() -> None:
    evening = ScheduledScalingInputs(name="evening", expression="cron(0 20 * * ? *)", min_count=0, max_count=0)
    morning = ScheduledScalingInputs(name="morning", expression="cron(0 7 * * ? *)")
    assert sure_hours((evening, morning), 0, 8, 4) == frozenset()
    assert sure_hours((evening, morning), 1, 8, 4)
