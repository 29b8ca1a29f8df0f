"""EventBridge Scheduler and SQS: the schedules of jobs, and the queues of what could not be started."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

SCHEDULER = "scheduler.amazonaws.com"

_SCHEDULES = "CreateSchedule DeleteSchedule UpdateSchedule"
_GROUPS = "CreateScheduleGroup DeleteScheduleGroup TagResource UntagResource"
_QUEUES = "CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue"


def describe(scope: Scope) -> Iterator[Statement]:
    """The schedules, and how many messages are in the queues, but not what they say."""
    if scope.environment.django_service.scheduled:
        yield Statement(
            sid="DescribeSchedules",
            actions=calls("scheduler", "GetSchedule GetScheduleGroup ListTagsForResource"),
            resources=[*_schedules(scope), *_groups(scope)],
        )
        yield Statement(
            sid="DescribeQueues",
            actions=calls("sqs", "GetQueueAttributes GetQueueUrl ListQueueTags"),
            resources=_queues(scope),
        )


def change(scope: Scope) -> Iterator[Statement]:
    """The schedules of the environment's group, and their queues."""
    if scope.environment.django_service.scheduled:
        yield Statement(sid="Schedules", actions=calls("scheduler", _SCHEDULES), resources=_schedules(scope))
        # To delete a group is to delete its schedules.
        yield Statement(
            sid="ScheduleGroups",
            actions=calls("scheduler", _GROUPS),
            resources=_groups(scope),
        )
        yield Statement(sid="DeadLetters", actions=calls("sqs", _QUEUES), resources=_queues(scope))


def bound(scope: Scope) -> Iterator[Statement]:
    """The most that the roles of schedules may do."""
    if not scope.environment.django_service.scheduled:
        return
    yield Statement(
        sid="StartJobs",
        actions=["ecs:RunTask"],
        resources=[scope.arn("ecs", f"task-definition/{scope.prefix}-job-*")],
    )
    yield Statement(
        sid="TagJobs",
        actions=["ecs:TagResource"],
        resources=[scope.arn("ecs", f"task/{scope.environment.cluster_name}/*")],
        condition={"StringEquals": {"ecs:CreateAction": "RunTask"}},
    )
    existing = scope.environment.django_service.runtime.task_role_arn
    yield Statement(
        sid="PassToJobs",
        actions=["iam:PassRole"],
        resources=[*scope.roles("job-"), *([str(existing)] if existing else [])],
        condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    )
    yield Statement(sid="DeadLetters", actions=["sqs:SendMessage"], resources=_queues(scope))


def _schedules(scope: Scope) -> list[str]:
    return [scope.arn("scheduler", f"schedule/{scope.prefix}/*")]


def _groups(scope: Scope) -> list[str]:
    return [scope.arn("scheduler", f"schedule-group/{scope.prefix}")]


def _queues(scope: Scope) -> list[str]:
    return [scope.arn("sqs", f"{scope.prefix}-job-*-dead-letters")]
