"""What schedules ask of the pipeline's roles and of the boundary, and that nobody else has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import botocore.session
import pytest

from modules.scheduled_task.inputs import JobSettingsInputs
from modules.task_definition.inputs import IamStatementInputs
from stacks.config.schema import Environment
from tests.stacks.permissions.policies import REPORT, actions, allows, bootstrap, environment, statements
from tests.support import Json

ACCOUNT = "333333333333"
SCHEDULER, SQS, ECS = (f"arn:aws:{service}:us-east-1:{ACCOUNT}" for service in ("scheduler", "sqs", "ecs"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role"

# What the provider 5.100.0 called on the local AWS for schedules, their group and their queues, by `rpc.method` of its
# log; what tags take, with which it makes them; and GetQueueUrl, by which `make status` finds a queue.
CHANGED = """
    scheduler:CreateSchedule scheduler:CreateScheduleGroup scheduler:DeleteSchedule scheduler:DeleteScheduleGroup
    scheduler:UpdateSchedule sqs:CreateQueue sqs:DeleteQueue sqs:SetQueueAttributes
    scheduler:TagResource scheduler:UntagResource sqs:TagQueue sqs:UntagQueue
"""
DESCRIBED = """
    scheduler:GetSchedule scheduler:GetScheduleGroup scheduler:ListTagsForResource
    sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListQueueTags
"""


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(with_jobs())


def with_jobs(**settings: JobSettingsInputs) -> Environment:
    of = environment()
    application = replace(of.django_service.application, jobs={"report": REPORT})
    return replace(of, django_service=replace(of.django_service, application=application, jobs=settings))


def of_jobs(found: list[Json]) -> set[str]:
    return {action for action in actions(found) if action.startswith(("scheduler:", "sqs:"))}


def test_planning_reads_them_and_deploying_changes_them_too(unit: Json) -> None:
    assert of_jobs(statements(unit, "plan")) == {*DESCRIBED.split()}
    assert of_jobs(statements(unit, "drift")) == {*DESCRIBED.split()}
    assert of_jobs(statements(unit, "apply")) == {*DESCRIBED.split(), *CHANGED.split()}


def test_every_permission_is_one_that_aws_knows() -> None:
    session = botocore.session.get_session()
    known = {
        f"{service}:{name}"
        for service in ("scheduler", "sqs")
        for name in session.get_service_model(service).operation_names
    }
    assert {*CHANGED.split(), *DESCRIBED.split()} <= known


def test_those_of_another_environment_stay(unit: Json) -> None:
    apply = statements(unit, "apply")
    assert allows(apply, "scheduler:UpdateSchedule", f"{SCHEDULER}:schedule/django-prod/django-prod-job-report")
    assert not allows(apply, "scheduler:UpdateSchedule", f"{SCHEDULER}:schedule/django-dev/django-dev-job-report")
    assert not allows(apply, "scheduler:DeleteScheduleGroup", f"{SCHEDULER}:schedule-group/default")
    assert allows(apply, "sqs:DeleteQueue", f"{SQS}:django-prod-job-report-dead-letters")
    assert not allows(apply, "sqs:DeleteQueue", f"{SQS}:django-dev-job-report-dead-letters")


def test_nobody_of_the_pipeline_reads_or_sends_messages(unit: Json) -> None:
    for role in ("plan", "drift", "apply"):
        for call in ("ReceiveMessage", "SendMessage", "PurgeQueue"):
            assert not allows(statements(unit, role), f"sqs:{call}", f"{SQS}:django-prod-job-report-dead-letters")


def test_the_role_of_a_schedule_is_within_the_boundary_and_passes_no_other_roles(unit: Json) -> None:
    boundary, to_ecs = statements(unit, "boundary"), {"iam_PassedToService": "ecs-tasks.amazonaws.com"}
    assert allows(boundary, "ecs:RunTask", f"{ECS}:task-definition/django-prod-job-report:7")
    assert allows(boundary, "ecs:TagResource", f"{ECS}:task/django-prod/0", ecs_CreateAction="RunTask")
    assert allows(boundary, "sqs:SendMessage", f"{SQS}:django-prod-job-report-dead-letters")
    for name in ("task", "execution"):
        assert allows(boundary, "iam:PassRole", f"{ROLE}/django-prod-job-report-{name}", **to_ecs)
    assert not allows(boundary, "ecs:RunTask", f"{ECS}:task-definition/django-prod-migrate:7")
    assert not allows(boundary, "iam:PassRole", f"{ROLE}/django-prod-migrate-task", **to_ecs)
    assert not allows(boundary, "iam:PassRole", f"{ROLE}/django-prod-job-report-task", iam_PassedToService="lambda")


def test_what_a_job_alone_may_do_and_read_widens_the_boundary() -> None:
    reports, secret = "arn:aws:s3:::reports/a", "arn:aws:secretsmanager:us-east-1:333333333333:secret:api-AbCdEf"
    statement = IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",))
    of = with_jobs(report=JobSettingsInputs(secrets={"API_KEY": secret}, iam_statements=(statement,)))
    boundary = statements(bootstrap(of), "boundary")
    assert allows(boundary, "s3:PutObject", reports)
    assert allows(boundary, "secretsmanager:GetSecretValue", secret)
    assert not allows(statements(bootstrap(with_jobs()), "boundary"), "s3:PutObject", reports)


def test_roles_are_passed_to_the_scheduler_only_where_it_has_schedules(unit: Json) -> None:
    role, to_scheduler = f"{ROLE}/django-prod-job-report-schedule", {"iam_PassedToService": "scheduler.amazonaws.com"}
    assert allows(statements(unit, "apply"), "iam:PassRole", role, **to_scheduler)
    without = bootstrap(environment())
    assert not allows(statements(without, "apply"), "iam:PassRole", role, **to_scheduler)
    assert not [*_mentions(without)]


def _mentions(document: Json) -> Iterator[str]:
    for role in ("plan", "drift", "apply", "boundary"):
        yield from of_jobs(statements(document, role))
