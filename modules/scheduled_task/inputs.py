"""Inputs of a schedule by which a task starts, and of what such a task has in one environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from modules.scheduled_task.expression import expression_rules, is_rate
from modules.task_definition.environment import environment_rules
from modules.task_definition.fargate import size_rules, storage_rules
from modules.task_definition.inputs import IamStatementInputs
from modules.validation import Problem, inputs, show

_TIME_ZONE = re.compile(r"[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


@inputs
class ScheduleInputs:
    """When a task starts, and how often that is tried.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    expression: str
    """`rate(5 minutes)`, from when it is deployed; `cron(30 3 * * ? *)`: minutes, hours, day of month, month, day of
    week, year; or `at(2027-01-31T03:30:00)`, once."""
    time_zone: str = "UTC"
    """An IANA name: `Europe/Berlin`. When clocks are put forward a time that does not exist is skipped, and when they
    are put back a time that comes twice counts once."""
    retry_attempts: int = 3
    """How often a start that failed is tried again, 0 to 185: where ECS has no capacity, for instance. What has started
    is not started again, whatever its exit code."""
    retry_seconds: int = 3600
    """For how long, 60 to 86400. What has not started by then is in the dead-letter queue, for 14 days."""

    def rules(self) -> Iterator[Problem]:
        yield from time_rules(self.expression, self.time_zone)
        if not 0 <= self.retry_attempts <= 185:
            yield Problem("retry_attempts", f"got {show(self.retry_attempts)}", "choose 0 to 185")
        if not 60 <= self.retry_seconds <= 86_400:
            yield Problem("retry_seconds", f"got {show(self.retry_seconds)}", "choose 60 to 86400")


@inputs
class JobSettingsInputs:
    """What a job has in one environment, beside what it is in all."""

    schedule: ScheduleInputs | None = None
    """None: that of the application."""
    enabled: bool = True
    """Whether its schedule is on. Off, it is kept with its queue, and the job starts by `make run`."""
    cpu: int | None = None
    """None: that of the application, as memory_mib."""
    memory_mib: int | None = None
    ephemeral_storage_gib: int | None = None
    """None: that of the application."""
    variables: Mapping[str, str] | None = None
    """Of this job alone, beside those of `runtime`, which they replace."""
    secrets: Mapping[str, str] | None = None
    """Of this job alone, as those of `runtime`."""
    iam_statements: tuple[IamStatementInputs, ...] = ()
    """What this job alone may do."""

    def rules(self) -> Iterator[Problem]:
        if (self.cpu is None) != (self.memory_mib is None):
            what = "goes with the other of cpu and memory_mib, of which Fargate has certain pairs"
            yield Problem("cpu" if self.memory_mib is None else "memory_mib", what, "give both, or neither")
        elif self.cpu is not None and self.memory_mib is not None:
            yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)
        yield from environment_rules(self.variables or {}, self.secrets or {})


def time_rules(expression: str, time_zone: str) -> Iterator[Problem]:
    """Those of an expression and of the time zone in which it is read."""
    yield from expression_rules("expression", expression)
    if not _is_time_zone(time_zone):
        yield Problem("time_zone", f"{show(time_zone)} is not a time zone", 'use one such as "Europe/Berlin"')
    elif time_zone != "UTC" and is_rate(expression):
        yield Problem("time_zone", "has no effect on a rate", "remove it, or write the expression as cron(...)")


def _is_time_zone(name: str) -> bool:
    if not _TIME_ZONE.fullmatch(name) or name == "Factory":  # which stands for one that nobody has chosen yet
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return not available_timezones()  # on a machine without any, AWS has to judge
    return True
