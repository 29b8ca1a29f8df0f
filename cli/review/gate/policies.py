"""IAM policies as the rules read them, with `${...}` in them or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.review.gate.resources import Resource
from cli.terraform.plan import Json

# Type, and its arguments that are policies.
_POLICIES = {
    "aws_cloudwatch_log_resource_policy": ("policy_document",),
    "aws_ecr_repository_policy": ("policy",),
    "aws_efs_file_system_policy": ("policy",),
    "aws_iam_group_policy": ("policy",),
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("assume_role_policy", "inline_policy"),
    "aws_iam_role_policy": ("policy",),
    "aws_iam_user_policy": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_s3_bucket": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_secretsmanager_secret": ("policy",),
    "aws_secretsmanager_secret_policy": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_sqs_queue": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
    "aws_vpc_endpoint": ("policy",),
}
TYPES = tuple(_POLICIES)

_REQUIRES = re.compile(r"(?:ForAnyValue:)?(?:String(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Equals|Like))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of a policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    """Such as `Service:ecs-tasks.amazonaws.com` or `AWS:*`."""
    negated: tuple[str, ...]
    """Those of NotAction, NotResource and NotPrincipal that it has."""
    condition: str
    """The condition as JSON; empty without one."""
    required: tuple[tuple[str, str], ...]
    """Key, in lower case, and value of what the condition requires; nothing of what it only excludes."""

    @property
    def anyone(self) -> bool:
        """Whether it speaks of everyone, with or without an account."""
        return any(principal in ("AWS:*", "*:*", "AWS:arn:aws:iam::*:root") for principal in self.principals)

    def values(self, key: str) -> list[str]:
        """The values that the condition requires of a key, or of keys that end so, as `:sub`."""
        return [value for name, value in self.required if name == key or (key[:1] == ":" and name.endswith(key))]


def any_of(pattern: str) -> str:
    """A pattern with each run of wildcards as one `*`: `?*` matches what `*` does."""
    return re.sub(r"[?*]+", "*", pattern)


def documents(resource: Resource) -> Iterator[tuple[str, object]]:
    """The policies of a resource, by the argument."""
    for name in _POLICIES[resource.type]:
        if name == "inline_policy":
            yield from ((name, block["policy"]) for block in resource.blocks(name) if block.get("policy"))
        elif resource.get(name):
            yield name, resource.get(name)


def readable(document: object) -> bool:
    """Whether a policy is JSON, be it with `${...}` in its texts."""
    return _parse(document) is not None


def statements(document: object) -> list[Statement]:
    """The statements of a policy; none where it cannot be read: see `readable`."""
    found = (_parse(document) or {}).get("Statement", [])
    return [_statement(each) for each in ([found] if isinstance(found, dict) else found) if isinstance(each, dict)]


def _parse(document: object) -> Json | None:
    try:
        found = json.loads(document) if isinstance(document, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _statement(found: Json) -> Statement:
    condition = found.get("Condition")
    return Statement(
        sid=str(found.get("Sid", "")),
        effect=str(found.get("Effect")),
        actions=_texts(found.get("Action")),
        resources=_texts(found.get("Resource")),
        principals=tuple(_principals(found.get("Principal"))),
        negated=tuple(name for name in ("NotAction", "NotResource", "NotPrincipal") if name in found),
        condition=json.dumps(condition, sort_keys=True) if condition else "",
        required=tuple(_required(condition)),
    )


def _required(condition: Any) -> Iterator[tuple[str, str]]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.

    Negated operators, those that end in IfExists, and ForAllValues hold for a request that lacks the key.
    """
    for operator, keys in condition.items() if isinstance(condition, dict) else ():
        if _REQUIRES.fullmatch(operator) and isinstance(keys, dict):
            for key, values in keys.items():
                yield from ((key.lower(), value) for value in _texts(values))


def _principals(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for kind, names in found.items():
            yield from (f"{kind}:{name}" for name in _texts(names))
    elif found:
        yield from (f"{name}:*" if name == "*" else str(name) for name in _texts(found))


def _texts(found: Any) -> tuple[str, ...]:
    values = found if isinstance(found, list) else [] if found is None else [found]
    return tuple(map(str, values))
