"""How subjects become policies."""

from __future__ import annotations

import pytest

from modules.iam import Statement
from stacks.permissions.policies import joined

INSTANCES = Statement(sid="Describe", actions=["ec2:DescribeInstances"], resources=["*"])
CLUSTERS = Statement(sid="Describe", actions=["ecs:DescribeClusters"], resources=["*"])


def test_statements_of_two_subjects_with_one_id_become_one() -> None:
    (statement,) = joined([INSTANCES], [CLUSTERS])
    assert statement.actions == ["ec2:DescribeInstances", "ecs:DescribeClusters"]
    assert statement.resources == ["*"]


def test_an_action_of_two_subjects_is_named_once() -> None:
    (statement,) = joined([INSTANCES], [INSTANCES])
    assert statement.actions == ["ec2:DescribeInstances"]


def test_one_id_for_different_resources_is_refused() -> None:
    other = Statement(sid="Describe", actions=["ecs:DescribeClusters"], resources=["arn:aws:ecs:::cluster/mine"])
    with pytest.raises(ValueError, match=r"^Describe: two subjects mean different things by it: rename one of them$"):
        joined([INSTANCES], [other])
