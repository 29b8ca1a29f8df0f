"""Alarms, rules, saved queries and the dashboard, with the provider as published: made, as planned, and gone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from modules.observability.inputs import ObservabilityInputs
from modules.observability.main import Observability
from tests.cli.review.planning.trees import Tree
from tests.end_to_end.test_redis_users import ACCOUNT, deployed
from tests.modules.observability.test_alarms import QUERIES, TOPICS
from tests.modules.observability.watched import WATCHED
from tests.support import Json, module_json

pytestmark = pytest.mark.slow


def resources(inputs: ObservabilityInputs) -> Json:
    found: Json = module_json(
        lambda stack: Observability(
            stack,
            "observability",
            inputs=inputs,
            watched=replace(WATCHED, account_id=ACCOUNT),
            topics=TOPICS,
            queries=QUERIES,
        )
    )["resource"]
    return deployed(found)


def test_they_are_made_as_planned_changed_and_deleted(aws: LocalAws, tmp_path: Path) -> None:
    tree = Tree(tmp_path, observability=resources(ObservabilityInputs()))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (unit,) = deployment.units
    deployment.initialize(unit)
    deployment.apply(unit)
    assert deployment.plan(unit) == {}
    cloudwatch, events, logs = (aws.client(name, ACCOUNT) for name in ("cloudwatch", "events", "logs"))
    alarms = cloudwatch.describe_alarms()
    assert len(alarms["MetricAlarms"]) == len([*WATCHED.alarms(ObservabilityInputs())])
    (composite,) = alarms["CompositeAlarms"]
    assert 'ALARM("django-prod-web-healthy")' in composite["AlarmRule"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName="django-prod")["DashboardBody"])
    assert body["widgets"][1]["properties"]["alarms"][0] == composite["AlarmArn"]
    assert len(events.list_rules()["Rules"]) == len([*WATCHED.events()])
    assert len(logs.describe_query_definitions()["queryDefinitions"]) == len(QUERIES)

    tree.write("observability", resources(ObservabilityInputs(errors=7, dashboard=False)))
    changes = deployment.plan(unit)
    assert changes == {
        "aws_cloudwatch_dashboard.observability_dashboard": ["delete"],
        "aws_cloudwatch_metric_alarm.observability_alarm_http_errors": ["update"],
    }
    deployment.apply(unit)
    assert deployment.plan(unit) == {}
    deployment.destroy(unit)
    assert deployment.resources(unit) == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
