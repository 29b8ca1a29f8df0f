"""What watches an environment asks of the pipeline's roles, and that nobody else has it."""

from __future__ import annotations

from dataclasses import replace

import botocore.session
import pytest

from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.observability.inputs import ObservabilityInputs
from tests.stacks.permissions.policies import ALERTS, actions, allows, bootstrap, environment, statements
from tests.support import Json

ACCOUNT = "333333333333"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:django-prod-web-cpu"
DASHBOARD = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/django-prod"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/django-prod-jobs-failed"
STATE = "arn:aws:s3:::example-tfstate-333333333333/django/prod/observability/terraform.tfstate"

# What the provider 5.100.0 called on the local AWS for alarms, the dashboard, rules and saved queries.
DESCRIBED = """
    cloudwatch:DescribeAlarms cloudwatch:GetDashboard cloudwatch:ListTagsForResource
    events:DescribeRule events:ListTagsForResource events:ListTargetsByRule logs:DescribeQueryDefinitions
"""
CHANGED = """
    cloudwatch:DeleteAlarms cloudwatch:DeleteDashboards cloudwatch:PutCompositeAlarm cloudwatch:PutDashboard
    cloudwatch:PutMetricAlarm cloudwatch:TagResource cloudwatch:UntagResource
    events:DeleteRule events:PutRule events:PutTargets events:RemoveTargets events:TagResource events:UntagResource
    logs:DeleteQueryDefinition logs:PutQueryDefinition
"""


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(replace(environment(), alerts=ALERTS, observability=ObservabilityInputs()))


@pytest.fixture(scope="module")
def before() -> Json:
    return bootstrap(replace(environment(), alerts=ALERTS))


@pytest.mark.parametrize(
    ("of", "expected"), [("plan", DESCRIBED), ("drift", DESCRIBED), ("apply", DESCRIBED + CHANGED)]
)
def test_planning_reads_them_and_deploying_changes_them_too(of: str, expected: str, unit: Json, before: Json) -> None:
    found, already = ({*actions(statements(each, of))} for each in (unit, before))
    assert {*expected.split()} <= found
    # Autoscaling makes alarms, which who deploys may change.
    assert found - already == {*expected.split()} - already


def test_alarms_that_roll_deployments_back_are_granted_alone() -> None:
    prod = environment()
    service = replace(prod.django_service, deployment_alarms=DeploymentAlarmsInputs())
    unit = bootstrap(replace(prod, django_service=service))
    granted = {each for each in (*DESCRIBED.split(), *CHANGED.split()) if each.startswith("cloudwatch:")}
    of_observability = ("GetDashboard", "PutDashboard", "DeleteDashboards", "PutCompositeAlarm")
    granted -= {f"cloudwatch:{each}" for each in of_observability}
    already = {*actions(statements(bootstrap(prod), "apply"))}
    assert {*actions(statements(unit, "apply"))} - already == granted - already
    assert allows(statements(unit, "apply"), "cloudwatch:PutMetricAlarm", ALARM)
    assert not allows(statements(unit, "apply"), "cloudwatch:PutMetricAlarm", ALARM.replace("django", "shop"))
    assert not allows(statements(unit, "plan"), "cloudwatch:PutMetricAlarm", ALARM)
    assert "cloudwatch:ListTagsForResource" in actions(statements(unit, "plan"))


def test_every_permission_is_one_that_aws_knows() -> None:
    session = botocore.session.get_session()
    known = {
        f"{service}:{name}"
        for service in ("cloudwatch", "events", "logs")
        for name in session.get_service_model(service).operation_names
    }
    assert {*DESCRIBED.split(), *CHANGED.split()} <= known


@pytest.mark.parametrize(
    ("action", "resource"),
    [("cloudwatch:PutMetricAlarm", ALARM), ("cloudwatch:DeleteAlarms", ALARM), ("cloudwatch:PutDashboard", DASHBOARD),
     ("events:PutTargets", RULE), ("events:DeleteRule", RULE), ("s3:PutObject", STATE)],
)  # fmt: skip
def test_deploying_changes_those_of_this_environment_alone(
    action: str, resource: str, unit: Json, before: Json
) -> None:
    apply = statements(unit, "apply")
    assert allows(apply, action, resource)
    assert not allows(apply, action, resource.replace("django", "shop"))
    assert not allows(statements(unit, "plan"), action, resource)
    assert not allows(statements(before, "apply"), action, resource)


def test_composite_alarms_are_put_as_cloudwatch_asks_on_all_of_a_region(unit: Json, before: Json) -> None:
    here = {"aws_RequestedRegion": "us-east-1"}
    assert allows(statements(unit, "apply"), "cloudwatch:PutCompositeAlarm", "*", **here)
    assert not allows(statements(unit, "apply"), "cloudwatch:PutCompositeAlarm", "*", aws_RequestedRegion="eu-west-1")
    for found in (statements(unit, "plan"), statements(before, "apply")):
        assert not allows(found, "cloudwatch:PutCompositeAlarm", "*", **here)


def test_no_role_runs_a_query() -> None:
    found = bootstrap(replace(environment(), alerts=ALERTS, observability=ObservabilityInputs()))
    assert "logs:StartQuery" not in {*actions(statements(found, "apply"))}
