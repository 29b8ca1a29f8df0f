"""A schedule is shown as it is: when it starts its job, and how many starts were given up."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest

from cli.ecs import schedules
from cli.ecs.schedules import ScheduleStatus
from cli.local_aws.server import LocalAws

pytestmark = pytest.mark.thorough

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/report"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    with LocalAws() as running:
        for name, value in running.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        yield running


def test_those_that_are_there_are_described_with_the_starts_that_were_given_up(aws: LocalAws) -> None:
    scheduler, sqs = aws.client("scheduler", ACCOUNT), aws.client("sqs", ACCOUNT)
    scheduler.create_schedule_group(Name="django-test")
    for name, expression, state in (
        ("django-test-job-report", "cron(30 3 * * ? *)", "ENABLED"),
        ("django-test-job-clean", "rate(1 hour)", "DISABLED"),
    ):
        queue = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
        scheduler.create_schedule(
            Name=name,
            GroupName="django-test",
            ScheduleExpression=expression,
            ScheduleExpressionTimezone="Europe/Berlin",
            State=state,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/django-test", "RoleArn": ROLE},
        )
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    found = schedules.describe(
        boto3.Session(region_name="us-east-1"), "django-test", ["job-report", "job-clean", "job-new"]
    )
    assert [*found] == [
        ScheduleStatus(
            name="django-test-job-report", expression="cron(30 3 * * ? *) Europe/Berlin", is_on=True, dead_letters=0
        ),
        ScheduleStatus(name="django-test-job-clean", expression="rate(1 hour)", is_on=False, dead_letters=1),
    ]
