"""A further worker that scales, and a scheduled job, live on the local AWS, with the provider as published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.ecs_cluster.main import EcsCluster
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import WorkerInputs
from modules.fargate_service.main import FargateService
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.scaling_steps_inputs import QUEUE_STEPS, StepInputs
from modules.fargate_service.step_scaling import QueueMetric
from modules.placement import Placement
from modules.scheduled_task.inputs import ScheduleInputs
from modules.scheduled_task.main import ScheduledTask
from modules.task_definition.application import Application, TaskEnvironment
from modules.task_definition.inputs import RuntimeInputs
from modules.task_definition.main import TaskDefinition
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json, module_json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "111122223333"
NIGHTLY = ScheduleInputs(expression="cron(30 3 * * ? *)", time_zone="Europe/Berlin")
EVENING = ScheduledScalingInputs(
    name="evening", expression="cron(0 20 ? * MON-FRI *)", time_zone="America/Sao_Paulo", min_count=0, max_count=0
)
MORNING = ScheduledScalingInputs(name="morning", expression="cron(0 7 ? * MON-FRI *)", time_zone="America/Sao_Paulo")
SCALED = WorkerAutoscalingInputs(
    min_count=0, max_count=5, queue_length_per_task=None, queue_steps=QUEUE_STEPS, schedule=(EVENING, MORNING)
)
MAIL = WorkerInputs(cpu=256, memory_mib=512, desired_count=2, spot_percent=80, on_demand_base=1, autoscaling=SCALED)
QUEUE = QueueMetric(namespace="Django", name="QueueLength", dimensions={"Environment": "test", "Queue": "mail"})
APPLICATION = Application(
    prefix="django-test",
    region="us-east-1",
    account_id=ACCOUNT,
    image="registry.test/django:1.0.0",
    ecr_repository_arn=None,
    runtime=RuntimeInputs(),
)


def processes(placement: Placement, jobs: dict[str, tuple[ScheduleInputs, bool]], mail: WorkerInputs = MAIL) -> Json:
    """A cluster with a worker of this size, and these jobs."""

    def build(stack: TerraformStack) -> None:
        cluster = EcsCluster(
            stack, "cluster", inputs=EcsClusterInputs(), prefix="django-test", region="us-east-1", account_id=ACCOUNT
        )
        FargateService(
            stack,
            "worker-mail",
            inputs=mail,
            application=APPLICATION,
            environment=TaskEnvironment(),
            name="worker-mail",
            cluster=cluster,
            placement=placement,
            queue=QUEUE,
        )
        group = SchedulerScheduleGroup(stack, "schedules", name="django-test")
        for name, (schedule, is_on) in jobs.items():
            task = TaskDefinition(
                stack,
                f"job-{name}",
                application=APPLICATION,
                environment=TaskEnvironment(),
                name=f"job-{name}",
                cpu=256,
                memory_mib=512,
            ).outputs
            ScheduledTask(
                stack,
                f"schedule-{name}",
                inputs=schedule,
                is_on=is_on,
                application=APPLICATION,
                name=f"job-{name}",
                task=task,
                cluster=cluster,
                placement=placement,
                group=group,
            )

    return unit(
        "processes",
        resource=module_json(build)["resource"],
        provider={
            "aws": [
                {
                    "region": "us-east-1",
                    "allowed_account_ids": [ACCOUNT],
                    "default_tags": [{"tags": {"Project": "django"}}],
                }
            ]
        },
        terraform={"required_providers": {"aws": {"source": "hashicorp/aws", "version": AWS_VERSION}}},
    )


def placement(aws: LocalAws) -> Placement:
    """In the VPC that an account has from the beginning."""
    ec2 = aws.client("ec2", ACCOUNT)
    subnets = ec2.describe_subnets()["Subnets"][:2]
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]}])[
        "SecurityGroups"
    ]
    return Placement(
        vpc_id=subnets[0]["VpcId"],
        subnet_ids=[subnet["SubnetId"] for subnet in subnets],
        application_security_group_id=group["GroupId"],
    )


def bounds_of(scaling: Any) -> dict[str, tuple[int, int]]:
    """The least and most tasks of scheduled actions."""
    found = scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    actions = {each["ScheduledActionName"]: each["ScalableTargetAction"] for each in found}
    return {name: (action["MinCapacity"], action["MaxCapacity"]) for name, action in actions.items()}


def test_they_are_made_changed_and_destroyed_and_each_second_plan_is_empty(aws: LocalAws, tmp_path: Path) -> None:
    place, once = placement(aws), ScheduleInputs(expression="at(2099-01-31T03:30:00)")
    tree = Tree(tmp_path, processes=processes(place, {"report": (NIGHTLY, True), "clean": (once, False)}))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (made,) = deployment.units
    deployment.initialize(made)
    deployment.apply(made)
    assert deployment.plan(made) == {}

    scheduler, ecs = aws.client("scheduler", ACCOUNT), aws.client("ecs", ACCOUNT)
    schedules = {each["Name"]: each["State"] for each in scheduler.list_schedules(GroupName="django-test")["Schedules"]}
    assert schedules == {"django-test-job-clean": "DISABLED", "django-test-job-report": "ENABLED"}
    report = scheduler.get_schedule(GroupName="django-test", Name="django-test-job-report")
    assert report["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert report["Target"]["EcsParameters"]["TaskDefinitionArn"].endswith("task-definition/django-test-job-report:1")
    (service,) = ecs.describe_services(cluster="django-test", services=["django-test-worker-mail"])["services"]
    assert service["runningCount"] == 2
    scaling, cloudwatch = aws.client("application-autoscaling", ACCOUNT), aws.client("cloudwatch", ACCOUNT)
    assert bounds_of(scaling) == {"django-test-worker-mail-evening": (0, 0), "django-test-worker-mail-morning": (0, 5)}
    # The others are those of target tracking, which are AWS's own.
    found = cloudwatch.describe_alarms(AlarmNamePrefix="django-test-")["MetricAlarms"]
    steps = {alarm["AlarmName"]: alarm["AlarmActions"] for alarm in found}
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert steps == {
        each["PolicyName"]: [each["PolicyARN"]] for each in policies if each["PolicyType"] == "StepScaling"
    }
    assert sorted(name.removeprefix("django-test-worker-mail-") for name in steps) == [
        *("sleep", "steps-in", "steps-out", "wake"),
    ]
    # What a scheduled action does when its time comes, and what scaling does then, is no drift.
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/django-test/django-test-worker-mail"}
    scaling.register_scalable_target(
        **target, ScalableDimension="ecs:service:DesiredCount", MinCapacity=0, MaxCapacity=0
    )
    ecs.update_service(cluster="django-test", service="django-test-worker-mail", desiredCount=0)
    assert deployment.plan(made) == {}

    weekly = replace(NIGHTLY, expression="cron(0 4 ? * MON *)", retry_attempts=0)
    more = replace(SCALED, max_count=9, queue_steps=(*QUEUE_STEPS, StepInputs(at_least=2000, change=9)))
    larger = replace(MAIL, on_demand_base=2, autoscaling=more)
    tree.write("processes", processes(place, {"report": (weekly, True)}, mail=larger))
    deployment.apply(made)
    assert deployment.plan(made) == {}
    report = scheduler.get_schedule(GroupName="django-test", Name="django-test-job-report")
    assert (report["ScheduleExpression"], report["Target"]["RetryPolicy"]["MaximumRetryAttempts"]) == (
        "cron(0 4 ? * MON *)",
        0,
    )
    (queue,) = aws.client("sqs", ACCOUNT).list_queues()["QueueUrls"]
    assert queue.endswith("/django-test-job-report-dead-letters")
    assert aws.client("sqs", ACCOUNT).list_queue_tags(QueueUrl=queue)["Tags"] == {"Project": "django"}
    (service,) = ecs.describe_services(cluster="django-test", services=["django-test-worker-mail"])["services"]
    assert {"capacityProvider": "FARGATE", "base": 2, "weight": 20} in service["capacityProviderStrategy"]
    assert service["desiredCount"] == 0, "a deployment leaves what scaling has set"
    (limits,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert limits["MaxCapacity"] == 0, "and the bounds of the schedule"
    assert bounds_of(scaling)["django-test-worker-mail-morning"] == (0, 9)

    deployment.destroy(made)
    assert scheduler.list_schedules()["Schedules"] == []
    assert bounds_of(scaling) == {}
    assert cloudwatch.describe_alarms(AlarmNamePrefix="django-test-")["MetricAlarms"] == []
    assert "QueueUrls" not in aws.client("sqs", ACCOUNT).list_queues()
