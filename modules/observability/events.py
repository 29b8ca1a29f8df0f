"""What services report by themselves, as rules of EventBridge that hand it to a topic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.observability.alarm import Topic

Filter = str | Mapping[str, str]
"""A value, or what it begins with: `{"prefix": "service:"}`."""

TASKS_STOPPED = "tasks-stopped"
# So that a pattern stays below 4096 characters with the longest names:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
TASKS_OF_A_RULE = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A kind of event, and what is said of it."""

    name: str
    topic: Topic
    meaning: str
    """What it means for users."""
    command: str
    """What to type next."""
    pattern: Mapping[str, Any]
    paths: Mapping[str, str]
    """What is taken from the event, by the name that `text` has for it."""
    text: str
    """The first line of the message, with `<name>` for what is taken."""

    @property
    def template(self) -> str:
        """The message, as EventBridge fills it."""
        return json.dumps(f"{self.text}. {self.meaning} Next: {self.command}")


def of_services(
    arns: Sequence[Filter], groups: Sequence[Filter], cluster_arn: str, environment: str
) -> Iterator[Event]:
    """Of ECS, for services by their ARNs, and the groups of their tasks."""
    yield Event(
        name="deployment-failed",
        topic="notices",
        meaning="ECS went back to the tasks of before, so that users see no change.",
        command=f"make logs ENV={environment}",
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": list(arns),
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        },
        paths={"service": "$.resources[0]", "reason": "$.detail.reason"},
        text="The deployment of <service> failed: <reason>",
    )
    yield Event(
        name="tasks-impaired",
        topic="urgent",
        meaning="ECS cannot start its tasks, so that it runs with fewer of them, or with none.",
        command=f"make status ENV={environment}",
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Service Action"],
            "resources": list(arns),
            "detail": {
                "eventName": [
                    "SERVICE_TASK_START_IMPAIRED",
                    "SERVICE_TASK_PLACEMENT_FAILURE",
                    "SERVICE_TASK_CONFIGURATION_FAILURE",
                ]
            },
        },
        paths={"service": "$.resources[0]", "event": "$.detail.eventName"},
        text="<service>: <event>",
    )
    yield Event(
        name=TASKS_STOPPED,
        topic="notices",
        meaning="ECS starts another in its place.",
        command=f"make logs ENV={environment}",
        # What ECS stops itself, as a deployment does, has other codes.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "clusterArn": [cluster_arn],
                "lastStatus": ["STOPPED"],
                "group": list(groups),
                "stopCode": ["EssentialContainerExited", "TaskFailedToStart"],
            },
        },
        paths={"service": "$.detail.group", "reason": "$.detail.stoppedReason"},
        text="A task of <service> stopped by itself: <reason>",
    )


def of_tasks(prefix: str, names: Sequence[str], cluster_arn: str, environment: str) -> Iterator[Event]:
    """Of one-off tasks and jobs, whose container has the name of the task."""
    for start in range(0, len(names), TASKS_OF_A_RULE):
        some = names[start : start + TASKS_OF_A_RULE]
        number = start // TASKS_OF_A_RULE
        yield Event(
            name="jobs-failed" if number == 0 else f"jobs-failed-{number + 1}",
            topic="notices",
            meaning="What it should have done is not done.",
            command=f"make logs ENV={environment}",
            pattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Task State Change"],
                "detail": {
                    "clusterArn": [cluster_arn],
                    "lastStatus": ["STOPPED"],
                    "group": [f"family:{prefix}-{name}" for name in some],
                    # What accompanies a job is killed when it ends.
                    "$or": [
                        {"stopCode": ["TaskFailedToStart"]},
                        {"containers": {"name": list(some), "exitCode": [{"anything-but": [0]}]}},
                    ],
                },
            },
            paths={"task": "$.detail.group", "reason": "$.detail.stoppedReason"},
            text="<task> failed: <reason>",
        )


def of_databases(identifiers: Sequence[str], environment: str) -> Iterator[Event]:
    """Of RDS: what its figures do not tell, since none says how large a disk has become.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    """
    kinds: tuple[tuple[str, Topic, tuple[str, ...], str], ...] = (
        (
            "database-storage",
            "urgent",
            # Full; cannot grow; reaches max_storage_gb with the next step.
            ("RDS-EVENT-0007", "RDS-EVENT-0223", "RDS-EVENT-0224"),
            "The database stops when its disk is full: raise postgresql.max_storage_gb.",
        ),
        (
            "database-growth",
            "notices",
            # RDS has grown it to four fifths of max_storage_gb.
            ("RDS-EVENT-0225",),
            "It grows a few times more, and then no longer: raise postgresql.max_storage_gb.",
        ),
        (
            "database-failover",
            "notices",
            ("RDS-EVENT-0013", "RDS-EVENT-0015", "RDS-EVENT-0049"),
            "For a minute or two requests failed; the standby serves now.",
        ),
    )
    for name, topic, ids, meaning in kinds:
        yield Event(
            name=name,
            topic=topic,
            meaning=meaning,
            command=f"make status ENV={environment}",
            pattern={
                "source": ["aws.rds"],
                "detail-type": ["RDS DB Instance Event"],
                "detail": {"SourceIdentifier": list(identifiers), "EventID": list(ids)},
            },
            paths={"database": "$.detail.SourceIdentifier", "message": "$.detail.Message"},
            text="<database>: <message>",
        )
