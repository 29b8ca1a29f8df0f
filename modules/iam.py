"""IAM policies in Python, so that a plan needs no data source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_POLICY = 6144

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One thing that a policy allows or denies."""

    sid: str = ""
    """Names the statement in a review and in a test; at will in the policy of a role or a resource."""
    actions: str | Sequence[str]
    resources: str | Sequence[str] = ()
    all_but: Sequence[str] = ()
    """All resources but these, in place of `resources`."""
    principal: str | Mapping[str, str] | None = None
    """Only in the policy of a resource or in a trust policy: `"*"`, or such as `{"Service": "ec2.amazonaws.com"}`."""
    condition: Condition | None = None
    effect: Literal["Allow", "Deny"] = "Allow"


def policy(statements: Sequence[Statement]) -> str:
    """The JSON of a policy."""
    return json.dumps(_document(statements))


def managed_policy(statements: Sequence[Statement]) -> str:
    """The JSON of a managed policy, as short as it can be. Raises ValueError where IAM would not take it."""
    by_name = [replace(statement, actions=sorted(_listed(statement.actions))) for statement in statements]
    text = json.dumps(_document(by_name), separators=(",", ":"))
    if len(text) > LONGEST_POLICY:
        what = f"a policy of {len(text)} characters is longer than the {LONGEST_POLICY} that IAM takes"
        raise ValueError(f"{statements[0].sid}: {what}: name fewer resources")
    return text


def trust(service: str, *, account_id: str | None = None, source_arn: str | list[str] | None = None) -> str:
    """Only this service may assume the role, on behalf of this account and of resources whose ARNs match a pattern.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    condition: dict[str, dict[str, str | list[str]]] = {
        **({"StringEquals": {"aws:SourceAccount": account_id}} if account_id else {}),
        **({"ArnLike": {"aws:SourceArn": source_arn}} if source_arn else {}),
    }
    return policy([Statement(principal={"Service": service}, actions="sts:AssumeRole", condition=condition)])


def decrypt(region: str, kms_key_arns: Sequence[str]) -> Iterator[Statement]:
    """Use of customer-managed keys, only by way of the services that keep secrets."""
    if kms_key_arns:
        services = [f"{service}.{region}.amazonaws.com" for service in ("secretsmanager", "ssm")]
        yield Statement(
            actions=["kms:Decrypt"],
            resources=[str(key) for key in dict.fromkeys(kms_key_arns)],
            condition={"StringEquals": {"kms:ViaService": services}},
        )


def _document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_json(statement) for statement in statements]}


def _json(statement: Statement) -> dict[str, Any]:
    found = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Principal": statement.principal,
        "Action": statement.actions,
        "Resource": statement.resources,
        "NotResource": statement.all_but,
        "Condition": statement.condition,
    }
    return {key: value for key, value in found.items() if value}


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
