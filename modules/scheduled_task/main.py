"""A schedule of EventBridge Scheduler that starts a task on Fargate, with the queue of what could not be started."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.scheduler_schedule import (
    SchedulerSchedule,
    SchedulerScheduleFlexibleTimeWindow,
    SchedulerScheduleTarget,
    SchedulerScheduleTargetDeadLetterConfig,
    SchedulerScheduleTargetEcsParameters,
    SchedulerScheduleTargetEcsParametersNetworkConfiguration,
    SchedulerScheduleTargetRetryPolicy,
)
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from modules.ecs_cluster.main import EcsCluster
from modules.iam import Statement, policy, trust
from modules.placement import Placement
from modules.scheduled_task.expression import is_once
from modules.scheduled_task.inputs import ScheduleInputs
from modules.scheduled_task.outputs import ScheduledTaskOutputs
from modules.task_definition.application import Application
from modules.task_definition.outputs import TaskDefinitionOutputs
from modules.validation import validate

DEAD_LETTER_SECONDS = 14 * 24 * 3600


class ScheduledTask(Construct):
    """Runs one task definition in a cluster, by a role that may do nothing else.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: ScheduleInputs,
        is_on: bool,
        application: Application,
        name: str,
        task: TaskDefinitionOutputs,
        cluster: EcsCluster,
        placement: Placement,
        group: SchedulerScheduleGroup,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self._application, self._task, self._cluster = application, task, cluster.outputs
        schedule_name = f"{application.prefix}-{name}"
        queue = SqsQueue(
            self,
            "dead-letters",
            name=f"{schedule_name}-dead-letters",
            sqs_managed_sse_enabled=True,
            message_retention_seconds=DEAD_LETTER_SECONDS,
        )
        # Only for the schedules of this group: AWS knows no narrower source.
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
        role = IamRole(
            self,
            "role",
            name=f"{schedule_name}-schedule",
            description="Starts the task by its schedule",
            assume_role_policy=trust(
                "scheduler.amazonaws.com", account_id=application.account_id, source_arn=group.arn
            ),
        )
        permissions = IamRolePolicy(
            self, "role-policy", name="schedule", role=role.id, policy=policy(self._statements(queue))
        )
        admission = SqsQueuePolicy(self, "dead-letters-policy", queue_url=queue.url, policy=_admits(queue, role))
        schedule = SchedulerSchedule(
            self,
            "Default",
            name=schedule_name,
            group_name=group.name,
            state="ENABLED" if is_on else "DISABLED",
            schedule_expression=inputs.expression,
            schedule_expression_timezone=inputs.time_zone,
            flexible_time_window=SchedulerScheduleFlexibleTimeWindow(mode="OFF"),
            target=SchedulerScheduleTarget(
                arn=self._cluster.arn,
                role_arn=role.arn,
                ecs_parameters=SchedulerScheduleTargetEcsParameters(
                    # One that starts once must not change when its time is over, as a revision does by each deployment.
                    task_definition_arn=self._family if is_once(inputs.expression) else task.arn,
                    task_count=1,
                    launch_type="FARGATE",
                    enable_ecs_managed_tags=True,
                    propagate_tags="TASK_DEFINITION",
                    network_configuration=SchedulerScheduleTargetEcsParametersNetworkConfiguration(
                        subnets=placement.subnet_ids,
                        security_groups=[placement.application_security_group_id],
                        assign_public_ip=False,
                    ),
                ),
                retry_policy=SchedulerScheduleTargetRetryPolicy(
                    maximum_retry_attempts=inputs.retry_attempts,
                    maximum_event_age_in_seconds=inputs.retry_seconds,
                ),
                dead_letter_config=SchedulerScheduleTargetDeadLetterConfig(arn=queue.arn),
            ),
            # Without these the first start fails.
            depends_on=[permissions, admission, *cluster.ready],
        )
        self.outputs = ScheduledTaskOutputs(schedule_arn=schedule.arn, dead_letter_queue_url=queue.url)

    @property
    def _family(self) -> str:
        """The ARN of the task definition without its revision, by which ECS takes the latest."""
        return f"{self._ecs}:task-definition/{self._task.family}"

    @property
    def _ecs(self) -> str:
        return f"arn:aws:ecs:{self._application.region}:{self._application.account_id}"

    def _statements(self, queue: SqsQueue) -> list[Statement]:
        in_cluster = {"ArnEquals": {"ecs:cluster": self._cluster.arn}}
        return [
            Statement(
                actions=["ecs:RunTask"],
                resources=[self._family, f"{self._family}:*"],
                condition=in_cluster,
            ),
            # Tasks get the tags of their definition.
            Statement(
                actions=["ecs:TagResource"],
                resources=[f"{self._ecs}:task/{self._cluster.name}/*"],
                condition={"StringEquals": {"ecs:CreateAction": "RunTask"}},
            ),
            Statement(
                actions=["iam:PassRole"],
                resources=[self._task.execution_role_arn, self._task.task_role_arn],
                condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            ),
            Statement(actions=["sqs:SendMessage"], resources=[queue.arn]),
        ]


def _admits(queue: SqsQueue, role: IamRole) -> str:
    """Only this role sends messages to the queue."""
    send, others = ["sqs:SendMessage"], {"ArnNotEquals": {"aws:PrincipalArn": role.arn}}
    return policy(
        [
            Statement(principal={"AWS": role.arn}, actions=send, resources=[queue.arn]),
            Statement(effect="Deny", principal="*", actions=send, resources=[queue.arn], condition=others),
        ]
    )
