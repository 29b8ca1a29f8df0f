"""What scaling by schedule and by steps asks of the pipeline's roles, and that nobody else has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.scaling_steps_inputs import QUEUE_STEPS
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, statements
from tests.support import Json

ACCOUNT = "333333333333"
ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:django-prod-worker-steps-out"
TARGET = f"arn:aws:application-autoscaling:us-east-1:{ACCOUNT}:scalable-target/0"
DAY = ScheduledScalingInputs(name="day", expression="cron(0 7 * * ? *)")
PLANNED = {"application-autoscaling:DescribeScheduledActions"}
DEPLOYED = {"application-autoscaling:PutScheduledAction", "application-autoscaling:DeleteScheduledAction"}


def scaled(autoscaling: WorkerAutoscalingInputs) -> Json:
    prod = environment()
    worker = prod.django_service.worker
    assert worker
    service = replace(prod.django_service, worker=replace(worker, autoscaling=autoscaling))
    return bootstrap(replace(prod, django_service=service))


@pytest.fixture(scope="module")
def before() -> Json:
    return bootstrap(environment())


@pytest.mark.parametrize(("of", "expected"), [("plan", PLANNED), ("drift", PLANNED), ("apply", PLANNED | DEPLOYED)])
def test_a_schedule_is_read_by_plans_and_changed_by_deployments(of: str, expected: set[str], before: Json) -> None:
    unit = scaled(WorkerAutoscalingInputs(min_count=1, max_count=5, schedule=(DAY,)))
    found, already = ({*actions(statements(each, of))} for each in (unit, before))
    assert found - already == expected


def test_only_a_target_of_the_environment_gets_one() -> None:
    role = statements(scaled(WorkerAutoscalingInputs(min_count=1, max_count=5, schedule=(DAY,))), "apply")
    action = "application-autoscaling:PutScheduledAction"
    assert allows(role, action, TARGET, aws_ResourceTag_Project="django", aws_ResourceTag_Environment="prod")
    assert not allows(role, action, TARGET, aws_ResourceTag_Project="django", aws_ResourceTag_Environment="dev")


@pytest.mark.parametrize(
    "autoscaling",
    [
        WorkerAutoscalingInputs(min_count=1, max_count=5, queue_length_per_task=None, queue_steps=QUEUE_STEPS),
        WorkerAutoscalingInputs(min_count=0, max_count=5),
    ],
)
def test_alarms_of_steps_are_made_within_the_prefix(autoscaling: WorkerAutoscalingInputs, before: Json) -> None:
    role = statements(scaled(autoscaling), "apply")
    assert allows(role, "cloudwatch:PutMetricAlarm", ALARM)
    assert allows(statements(scaled(autoscaling), "plan"), "cloudwatch:ListTagsForResource", ALARM)
    assert not allows(role, "cloudwatch:PutMetricAlarm", ALARM.replace("django-prod", "django-dev"))
    assert not allows(statements(before, "apply"), "cloudwatch:PutMetricAlarm", ALARM)
