"""A plan is read once, and says the same to everybody who asks."""

from __future__ import annotations

from typing import Any

import pytest

from cli.terraform.plan import Action, Plan, Resource
from tests.support import Json


def change(*actions: str, mode: str = "managed", importing: Any = None, **outer: Any) -> Json:
    inner = {"actions": list(actions), "before": None, "after": {}, "importing": importing}
    return {"address": "aws_vpc.a", "mode": mode, "type": "aws_vpc", "name": "a", "change": inner, **outer}


@pytest.mark.parametrize(
    ("raw", "action"),
    [
        (change("create"), Action.ADD),
        (change("delete", "create"), Action.REPLACE),
        (change("create", "delete"), Action.REPLACE),
        (change("update"), Action.CHANGE),
        (change("delete"), Action.DESTROY),
        (change("forget"), Action.FORGET),
        (change("no-op", importing={"id": "vpc-1"}), Action.IMPORT),
        (change("no-op", previous_address="aws_vpc.b"), Action.MOVE),
        (change("update", previous_address="aws_vpc.b"), Action.CHANGE),
        (change("no-op"), None),
    ],
)
def test_what_happens_to_a_resource_is_one_action(raw: Json, action: Action | None) -> None:
    (found,) = Plan({"resource_changes": [raw]}).changes
    assert found.action is action


def test_data_sources_are_no_changes() -> None:
    assert Plan({"resource_changes": [change("read", mode="data")]}).changes == ()


def test_a_plan_is_read_once() -> None:
    plan = Plan({"resource_changes": [change("create")], "output_changes": {"a": {"actions": ["create"]}}})
    assert plan.changes is plan.changes
    assert plan.outputs is plan.outputs


def test_resources_of_modules_are_resources_too() -> None:
    child = {"address": "module.a.aws_vpc.b", "mode": "managed", "type": "aws_vpc", "values": None}
    data = {"address": "data.aws_vpc.c", "mode": "data", "type": "aws_vpc", "values": {}}
    plan = Plan({"planned_values": {"root_module": {"resources": [data], "child_modules": [{"resources": [child]}]}}})
    assert plan.after == (Resource(address="module.a.aws_vpc.b", type="aws_vpc", values={}),)
    assert plan.before == ()


def test_what_is_sensitive_before_or_after_is_sensitive() -> None:
    raw = change("update")
    raw["change"] |= {"before_sensitive": {"a": True, "b": False}, "after_sensitive": {"c": [{"d": True}], "b": {}}}
    (found,) = Plan({"resource_changes": [raw]}).changes
    assert found.sensitive == {"a", "c"}


def test_a_mask_may_be_true_for_all_of_a_resource() -> None:
    raw = change("update")
    raw["change"] |= {"before_sensitive": True, "after_sensitive": False}
    (found,) = Plan({"resource_changes": [raw]}).changes
    assert found.sensitive == frozenset()


VPC = {"address": "aws_vpc.this", "mode": "managed", "type": "aws_vpc", "values": {}}


@pytest.mark.parametrize(
    ("document", "is_first"),
    [
        ({}, True),
        ({"prior_state": {"values": {"root_module": {"resources": [{**VPC, "mode": "data"}]}}}}, True),
        ({"prior_state": {"values": {"root_module": {"resources": [VPC]}}}}, False),
        ({"prior_state": {"values": {"outputs": {"records": {"value": []}}, "root_module": {}}}}, False),
        ({"resource_changes": [change("no-op", importing={"id": "vpc-1"})]}, False),
    ],
)
def test_what_has_resources_or_outputs_or_adopts_some_is_not_the_first_plan(document: Json, is_first: bool) -> None:
    assert Plan(document).is_first is is_first
