"""IAM policies in Python, so that a plan needs no data source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One thing that a policy allows."""

    actions: Sequence[str]
    resources: Sequence[str]
    condition: dict[str, dict[str, Any]] | None = None


def policy(statements: Sequence[Statement]) -> str:
    """The JSON of a policy."""
    return _document(
        {
            "Effect": "Allow",
            "Action": list(statement.actions),
            "Resource": list(statement.resources),
            **({"Condition": statement.condition} if statement.condition else {}),
        }
        for statement in statements
    )


def decrypt(region: str, kms_key_arns: Sequence[str]) -> Iterator[Statement]:
    """Use of keys of one's own, only by way of the services that keep secrets."""
    if kms_key_arns:
        services = [f"{service}.{region}.amazonaws.com" for service in ("secretsmanager", "ssm")]
        yield Statement(
            actions=["kms:Decrypt"],
            resources=[str(key) for key in dict.fromkeys(kms_key_arns)],
            condition={"StringEquals": {"kms:ViaService": services}},
        )


def ecs_tasks_trust(region: str, account_id: str) -> str:
    """Only the tasks of this account and region may take the role, whoever else may speak through ECS.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account_id},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{region}:{account_id}:*"},
                },
            }
        ]
    )


def _document(statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
