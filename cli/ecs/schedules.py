"""What starts the jobs of an environment, and what could not be started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleStatus:
    """A schedule as EventBridge Scheduler describes it."""

    name: str
    expression: str
    """With its time zone, unless it is a rate."""
    is_on: bool
    dead_letters: int
    """How many starts were given up in the last 14 days, about."""


def describe(session: boto3.Session, prefix: str, tasks: Iterable[str]) -> Iterator[ScheduleStatus]:
    """The schedules that there are, of these tasks of jobs."""
    scheduler, sqs = session.client("scheduler"), session.client("sqs")
    for task in tasks:
        name = f"{prefix}-{task}"
        try:
            found = scheduler.get_schedule(GroupName=prefix, Name=name)
            url = sqs.get_queue_url(QueueName=f"{name}-dead-letters")["QueueUrl"]
        except (scheduler.exceptions.ResourceNotFoundException, sqs.exceptions.QueueDoesNotExist):
            continue
        attribute = "ApproximateNumberOfMessages"
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
        expression, zone = found["ScheduleExpression"], found.get("ScheduleExpressionTimezone", "UTC")
        yield ScheduleStatus(
            name=name,
            expression=expression if expression.startswith("rate") else f"{expression} {zone}",
            is_on=found["State"] == "ENABLED",
            dead_letters=int(attributes[attribute]),
        )


# What a change of a schedule must repeat, because AWS sets it back otherwise.
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
_KEPT = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "Target",
)


def switch(session: boto3.Session, prefix: str, names: Iterable[str], *, is_on: bool) -> None:
    """Turn schedules on or off, by the names that `describe` gives."""
    scheduler = session.client("scheduler")
    for name in names:
        found: dict[str, Any] = {**scheduler.get_schedule(GroupName=prefix, Name=name)}
        kept = {key: found[key] for key in _KEPT if key in found}
        scheduler.update_schedule(**kept, State="ENABLED" if is_on else "DISABLED")
