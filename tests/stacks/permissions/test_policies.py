"""How subjects become policies."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

from modules.iam import Statement
from stacks import permissions
from stacks.permissions import policies
from stacks.permissions.policies import joined
from stacks.permissions.scope import Scope
from tests.stacks.permissions.policies import environment

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


MODULES = [import_module(f"{permissions.__name__}.{each.name}") for each in pkgutil.iter_modules(permissions.__path__)]
PARTS = [
    pytest.param(module, part, id=f"{module.__name__.rpartition('.')[2]}.{part}")
    for module in MODULES
    if hasattr(module, "describe")
    for part in ("describe", "create", "change")
    if hasattr(module, part)
]


@pytest.mark.parametrize(("subject", "part"), PARTS)
def test_no_part_of_a_subject_is_left_out(subject: ModuleType, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, part, lambda _: [Statement(sid="Here", actions=["s3:ListBucket"], resources=["*"])])
    scope = Scope(environment())
    granted = {**policies.read(scope), **policies.change(scope)}.values()
    assert [statement.sid for statements in granted for statement in statements].count("Here") == 1
