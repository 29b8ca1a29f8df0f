"""IAM policies: what a statement becomes, and what IAM would not take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.iam import LONGEST_POLICY, Statement, managed_policy, policy, trust
from tests.support import Json


def only_statement(document: str) -> Json:
    found = json.loads(document)
    assert found["Version"] == "2012-10-17"
    (statement,) = found["Statement"]
    return dict(statement)


def test_a_statement_says_nothing_that_it_was_not_given() -> None:
    assert only_statement(policy([Statement(actions=["s3:ListBucket"], resources=["*"])])) == {
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": ["*"],
    }


def test_a_statement_may_concern_all_resources_but_some() -> None:
    but = Statement(sid="But", effect="Deny", actions=["s3:GetObject"], all_but=["arn:aws:s3:::mine/*"])
    found = only_statement(managed_policy([but]))
    assert found["NotResource"] == ["arn:aws:s3:::mine/*"]
    assert "Resource" not in found


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({}, None),
        ({"account_id": "1"}, {"StringEquals": {"aws:SourceAccount": "1"}}),
        (
            {"account_id": "1", "source_arn": "arn:aws:ecs:eu-west-1:1:*"},
            {
                "StringEquals": {"aws:SourceAccount": "1"},
                "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:1:*"},
            },
        ),
    ],
)
def test_a_role_is_assumed_by_one_service_and_for_whom_it_says(given: dict[str, str], condition: Any) -> None:
    found = only_statement(trust("ecs.amazonaws.com", **given))
    assert found.pop("Condition", None) == condition
    assert found == {
        "Effect": "Allow",
        "Principal": {"Service": "ecs.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }


def test_actions_of_a_managed_policy_are_sorted() -> None:
    unsorted = Statement(actions=["s3:PutObject", "s3:GetObject"], resources=["*"])
    assert only_statement(managed_policy([unsorted]))["Action"] == ["s3:GetObject", "s3:PutObject"]
    one = Statement(actions="s3:PutObject", resources=["*"])
    assert only_statement(managed_policy([one]))["Action"] == ["s3:PutObject"]


def test_a_policy_that_iam_would_not_take_is_refused() -> None:
    long = Statement(sid="Long", actions=["s3:GetObject"], resources=["arn:aws:s3:::" + "b" * LONGEST_POLICY])
    with pytest.raises(ValueError, match="Long: a policy of .* is longer than the 6144 that IAM takes"):
        managed_policy([long])
