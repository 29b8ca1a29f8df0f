"""Alarms, composite ones too, and saved queries are kept and shown, as on AWS."""

from __future__ import annotations

import pytest
from moto.cloudwatch.models import cloudwatch_backends

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


def test_a_composite_alarm_is_shown_with_its_rule_and_deleted(aws: LocalAws) -> None:
    cloudwatch = aws.client("cloudwatch", ACCOUNT)
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("one")', AlarmDescription="All of them")
    (found,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (found["AlarmName"], found["AlarmRule"], found["AlarmDescription"]) == ("all", 'ALARM("one")', "All of them")
    cloudwatch.delete_alarms(AlarmNames=["all"])
    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []


def test_alarms_are_made_while_others_are_read(aws: LocalAws) -> None:
    cloudwatch = aws.client("cloudwatch", ACCOUNT)
    cloudwatch.put_composite_alarm(AlarmName="first", AlarmRule="FALSE")
    read = iter(cloudwatch_backends[ACCOUNT]["us-east-1"].describe_alarms())
    cloudwatch.put_composite_alarm(AlarmName="second", AlarmRule="FALSE")
    assert [alarm.name for alarm in read] == ["first"]


def test_a_saved_query_is_changed_by_its_id_found_by_its_name_and_deleted(aws: LocalAws) -> None:
    logs = aws.client("logs", ACCOUNT)
    made = logs.put_query_definition(name="a/errors", queryString="limit 1")["queryDefinitionId"]
    logs.put_query_definition(queryDefinitionId=made, name="a/errors", queryString="limit 2", logGroupNames=["/a"])
    assert logs.describe_query_definitions(queryDefinitionNamePrefix="b")["queryDefinitions"] == []
    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="a/")["queryDefinitions"]
    expected = {"queryDefinitionId": made, "name": "a/errors", "queryString": "limit 2", "logGroupNames": ["/a"]}
    assert found == expected
    assert logs.delete_query_definition(queryDefinitionId=made)["success"]
    assert logs.describe_query_definitions()["queryDefinitions"] == []
