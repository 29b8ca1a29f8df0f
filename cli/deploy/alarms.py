"""The alarms of an environment, which notify nobody while it is paused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DisableAlarmActions.html
ALARMS_PER_CALL = 100


def notifying(session: boto3.Session, environment: Environment) -> Iterator[str]:
    """The names of its alarms whose actions are on."""
    cloudwatch = session.client("cloudwatch")
    # Another environment's names may begin alike, as those of prod and prod-eu do.
    wanted = environment.identity_tags.items()
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{environment.prefix}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    for page in pages:
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
            tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
            if alarm["ActionsEnabled"] and wanted <= {each["Key"]: each["Value"] for each in tags}.items():
                yield alarm["AlarmName"]


def switch(session: boto3.Session, names: Sequence[str], *, is_on: bool) -> None:
    """Have alarms of these names notify, or not."""
    cloudwatch = session.client("cloudwatch")
    change = cloudwatch.enable_alarm_actions if is_on else cloudwatch.disable_alarm_actions
    for start in range(0, len(names), ALARMS_PER_CALL):
        change(AlarmNames=names[start : start + ALARMS_PER_CALL])
