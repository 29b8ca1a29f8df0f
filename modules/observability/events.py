"""What services report by themselves, as rules of EventBridge that hand it to the topic `notices`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.observability.alarm import runbook

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
    is_urgent: bool = False
    """Whether an alarm on its rule wakes somebody as well: paging services read alarms alone."""
    meaning: str
    """What it means for users."""
    command: str
    """What to type next."""
    runbook: str
    """The section of docs/runbooks.md, as of an alarm."""
    pattern: Mapping[str, Any]
    paths: Mapping[str, str]
    """What is taken from the event: names that `title` has, and `message`, which is what AWS says itself."""
    title: str
    """With `<name>` for what is taken, of which nothing has quotes in it."""

    @property
    def template(self) -> str:
        """What EventBridge fills: AWS's chat integration drops all that does not have this form.

        https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
        """
        content = {
            "textType": "client-markdown",
            "title": self.title,
            "description": "<message>",
            "nextSteps": [self.meaning, f"`{self.command}`", f"Runbook: {runbook(self.runbook)}"],
        }
        form = json.dumps({"version": "1.0", "source": "custom", "content": content})
        # EventBridge quotes what stands alone, and escapes nothing that stands in a text.
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
        return re.sub(r'"(<\w+>)"', r"\1", form)


def of_services(
    arns: Sequence[Filter], groups: Sequence[Filter], cluster_arn: str, environment: str
) -> Iterator[Event]:
    """Of ECS, for services by their ARNs, and the groups of their tasks."""
    yield Event(
        name="deployment-failed",
        meaning="ECS went back to the tasks of before, so that users see no change.",
        command=f"make logs ENV={environment}",
        runbook="deployment-failed",
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        pattern={
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": list(arns),
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        },
        paths={"service": "$.resources[0]", "message": "$.detail.reason"},
        title="The deployment of <service> failed",
    )
    yield Event(
        name="tasks-impaired",
        is_urgent=True,
        meaning="ECS cannot start tasks of a service, which runs with fewer of them, or with none.",
        command=f"make status ENV={environment}",
        runbook="tasks-impaired",
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
        paths={"service": "$.resources[0]", "message": "$.detail.eventName"},
        title="Tasks of <service> do not start",
    )
    yield Event(
        name=TASKS_STOPPED,
        meaning="ECS starts another in its place.",
        command=f"make logs ENV={environment}",
        runbook="tasks-stopping",
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
        paths={"service": "$.detail.group", "message": "$.detail.stoppedReason"},
        title="A task of <service> stopped by itself",
    )


def of_tasks(prefix: str, names: Sequence[str], cluster_arn: str, environment: str) -> Iterator[Event]:
    """Of one-off tasks and jobs, whose container has the name of the task."""
    for start in range(0, len(names), TASKS_OF_A_RULE):
        some = names[start : start + TASKS_OF_A_RULE]
        number = start // TASKS_OF_A_RULE
        yield Event(
            name="jobs-failed" if number == 0 else f"jobs-failed-{number + 1}",
            meaning="What it should have done is not done.",
            command=f"make logs ENV={environment}",
            runbook="jobs-failed",
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
            paths={"task": "$.detail.group", "message": "$.detail.stoppedReason"},
            title="<task> failed",
        )


def of_databases(identifiers: Sequence[str], environment: str) -> Iterator[Event]:
    """Of RDS: what its figures do not tell, since none says how large a disk has become.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    """
    kinds: tuple[tuple[str, str, bool, tuple[str, ...], str], ...] = (
        (
            "database-storage",
            "The disk of <database> is full, or grows no more",
            True,
            # Full; so shut down; cannot grow; reaches max_storage_gb with the next step; at the account's quota.
            ("RDS-EVENT-0007", "RDS-EVENT-0221", "RDS-EVENT-0223", "RDS-EVENT-0224", "RDS-EVENT-0254"),
            "The database stops when its disk is full: raise postgresql.max_storage_gb.",
        ),
        (
            "database-failure",
            "<database> has failed",
            True,
            # Its storage or configuration, parameters, network (twice), and its key of KMS (soon, and now).
            (
                "RDS-EVENT-0031",
                "RDS-EVENT-0035",
                "RDS-EVENT-0036",
                "RDS-EVENT-0315",
                "RDS-EVENT-0418",
                "RDS-EVENT-0419",
            ),
            "The database does not answer, or soon will not: mend what RDS names, or restore it to a point in time.",
        ),
        (
            "database-degraded",
            "<database> does without a part of itself",
            False,
            # Replication (twice), Enhanced Monitoring (twice), and shared_buffers, for want of memory.
            ("RDS-EVENT-0045", "RDS-EVENT-0057", "RDS-EVENT-0079", "RDS-EVENT-0080", "RDS-EVENT-0404"),
            "It answers, and RDS has ended its replication or its monitoring, or given it less memory for its cache.",
        ),
        (
            "database-growth",
            "The disk of <database> comes near its largest size",
            False,
            # RDS has grown it to four fifths of max_storage_gb.
            ("RDS-EVENT-0225",),
            "It grows a few times more, and then no longer: raise postgresql.max_storage_gb.",
        ),
        (
            "database-failover",
            "<database> fails over",
            False,
            ("RDS-EVENT-0013", "RDS-EVENT-0015", "RDS-EVENT-0049"),
            "For a minute or two requests failed; the standby serves now.",
        ),
    )
    for name, title, is_urgent, ids, meaning in kinds:
        yield Event(
            name=name,
            is_urgent=is_urgent,
            meaning=meaning,
            command=f"make status ENV={environment}",
            runbook="database-storage" if name == "database-growth" else name,
            pattern={
                "source": ["aws.rds"],
                "detail-type": ["RDS DB Instance Event"],
                "detail": {"SourceIdentifier": list(identifiers), "EventID": list(ids)},
            },
            paths={"database": "$.detail.SourceIdentifier", "message": "$.detail.Message"},
            title=title,
        )


def of_backups(vault_arn: str, role_arn: str, environment: str) -> Iterator[Event]:
    """Of AWS Backup, for what is kept in a vault of ours and for what is restored by a role of ours.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    """
    # Restores have a status, and all others a state.
    kinds = (
        (
            "backup-failed",
            "The backup of <resource> failed",
            "Backup Job State Change",
            {"backupVaultArn": [vault_arn], "state": ["ABORTED", "EXPIRED", "FAILED"]},
            {"resource": "$.detail.resourceArn", "message": "$.detail.state"},
            "The newest backup of it is older than a day.",
        ),
        (
            "backup-copy-failed",
            "A backup of <resource> was not copied",
            "Copy Job State Change",
            {"sourceBackupVaultArn": [vault_arn], "state": ["FAILED"]},
            {"resource": "$.detail.resourceArn", "message": "$.detail.state"},
            "The backup is in this account and region alone.",
        ),
        (
            "restore-test-failed",
            "The restore <job> failed",
            "Restore Job State Change",
            {"iamRoleArn": [role_arn], "status": ["ABORTED", "FAILED"]},
            {"job": "$.detail.restoreJobId", "message": "$.detail.status"},
            "Nobody knows whether the newest backup can be restored.",
        ),
    )
    for name, title, kind, detail, paths, meaning in kinds:
        yield Event(
            name=name,
            meaning=meaning,
            command=f"make backup ENV={environment}",
            runbook="restore-test-failed" if name == "restore-test-failed" else "backup-failed",
            pattern={"source": ["aws.backup"], "detail-type": [kind], "detail": detail},
            paths=paths,
            title=title,
        )
