"""A further worker and a scheduled job live on the local AWS, with the provider as published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.ecs_cluster.main import EcsCluster
from modules.fargate_service.inputs import WorkerInputs
from modules.fargate_service.main import FargateService
from modules.placement import Placement
from modules.scheduled_task.inputs import ScheduleInputs
from modules.scheduled_task.main import ScheduledTask
from modules.task_definition.application import Application, TaskEnvironment
from modules.task_definition.inputs import RuntimeInputs
from modules.task_definition.main import TaskDefinition
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json, module_json

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
NIGHTLY = ScheduleInputs(expression="cron(30 3 * * ? *)", time_zone="Europe/Berlin")
MAIL = WorkerInputs(cpu=256, memory_mib=512, desired_count=2, spot_percent=80, on_demand_base=1)
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

    weekly = replace(NIGHTLY, expression="cron(0 4 ? * MON *)", retry_attempts=0)
    tree.write("processes", processes(place, {"report": (weekly, True)}, mail=replace(MAIL, on_demand_base=2)))
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

    deployment.destroy(made)
    assert scheduler.list_schedules()["Schedules"] == []
    assert "QueueUrls" not in aws.client("sqs", ACCOUNT).list_queues()
