"""What a condition requires of a request, and what it only seems to."""

from __future__ import annotations

import json

import pytest

from cli.review.gate.policies import any_of
from cli.review.gate.resources import Unit
from cli.review.gate.rules import iam
from cli.terraform.plan import Plan, UnitPlan
from tests.support import Json

ACCOUNT = "333333333333"


def trusted(condition: Json) -> list[str]:
    """Who may become a role by this condition, and should not."""
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Condition": condition}]}
    after = {"assume_role_policy": json.dumps(policy)}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    role = {"address": "aws_iam_role.it", "type": "aws_iam_role", "name": "it", "mode": "managed", "change": change}
    configuration = {"provider": {"aws": [{"allowed_account_ids": [ACCOUNT]}]}}
    unit = Unit(UnitPlan(name="prod-it", configuration=configuration, plan=Plan({"resource_changes": [role]})))
    (rule,) = [rule for rule in iam.RULES if rule.id == "iam/trusts"]
    return [refusal.address for refusal in rule.refusals(unit)]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        {"StringLike": {"AWS:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/app-*"}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/*/ou-2/*"]}},
        {"StringEquals": {"sts:ExternalId": "shop"}, "StringLike": {"aws:PrincipalAccount": "*"}},
    ],
)
def test_a_value_that_not_everybody_has_narrows(condition: Json) -> None:
    assert trusted(condition) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, "999999999999"]}},
        {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::999999999999:role/app"}},
        {"StringNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/app"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        {"Bool": {"aws:SecureTransport": "true"}},
    ],
)
def test_one_that_anybody_may_have_does_not(condition: Json) -> None:
    assert trusted(condition) == ["aws_iam_role.it"]


@pytest.mark.parametrize(
    ("pattern", "simple"), [("?*", "*"), ("s3:?**", "s3:*"), ("arn:aws:s3:::a-?", "arn:aws:s3:::a-*")]
)
def test_wildcards_are_one(pattern: str, simple: str) -> None:
    assert any_of(pattern) == simple
