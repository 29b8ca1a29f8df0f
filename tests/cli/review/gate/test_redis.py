"""Who may sign in to Redis does not change later than what tasks are given."""

from __future__ import annotations

from typing import Any

import pytest

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Plan, UnitPlan
from tests.cli.review.gate.test_data import changed

GROUP = "aws_elasticache_replication_group.redis"


def found(before: list[str] | None, after: list[str] | None, action: str = "update", **more: Any) -> list[str]:
    """The rules of this kind that a change of the users breaks."""
    values = {"apply_immediately": more.pop("apply_immediately", False)}
    change = changed(
        GROUP,
        action,
        before=None if action == "create" else {**values, "user_group_ids": before},
        after={**values, "user_group_ids": after},
        **more,
    )
    unit = UnitPlan(name="prod-redis", configuration={}, plan=Plan({"resource_changes": [change]}))
    return [str(each) for each in rules.refusals(Unit(unit)) if each.rule.startswith("redis/")]


@pytest.mark.parametrize(
    ("before", "after", "more"), [(None, ["a"], {}), (["a"], [], {}), (None, None, {"user_group_ids": True})]
)
def test_users_come_and_go_at_once(before: list[str] | None, after: list[str] | None, more: dict[str, bool]) -> None:
    (line,) = found(before, after, after_unknown=more)
    assert line.startswith(f"prod-redis: {GROUP}: [redis/deferred-users] ElastiCache may leave its users as they are ")
    assert line.endswith(": set redis.apply_immediately to True for it, and remove it in the next change")
    assert found(before, after, after_unknown=more, apply_immediately=True) == []


def test_what_has_no_other_users_may_wait() -> None:
    assert found(["a"], ["a"]) == found([], None) == found(None, ["a"], "create") == []
