"""Statements of IAM policies whose ids a review and a test can name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_POLICY = 6144

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One thing that a policy allows or denies."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] = ()
    all_but: Sequence[str] = ()
    """All resources but these, in place of `resources`."""
    condition: Condition | None = None
    effect: Literal["Allow", "Deny"] = "Allow"


def document(statements: Sequence[Statement]) -> str:
    """The JSON of a policy, as short as it can be. Raises ValueError where IAM would not take it."""
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]},
        separators=(",", ":"),
    )
    if len(text) > LONGEST_POLICY:
        what = f"a policy of {len(text)} characters is longer than the {LONGEST_POLICY} that IAM takes"
        raise ValueError(f"{statements[0].sid}: {what}: name fewer resources")
    return text


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Action": sorted(statement.actions),
        **({"NotResource": list(statement.all_but)} if statement.all_but else {"Resource": list(statement.resources)}),
        **({"Condition": statement.condition} if statement.condition else {}),
    }
