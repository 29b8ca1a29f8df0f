"""What ElastiCache must change at once does not wait for its window, and Redis becomes Valkey but not the reverse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from cli.review import gate
from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Action, Json, Plan, UnitPlan
from stacks.config import vary
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.cli.review.gate.deployed import plan_change
from tests.cli.review.gate.test_data import changed
from tests.environments import frozen
from tests.plans import Plans
from tests.support import read_output

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


def engine(engine: str, engine_version: str) -> Json:
    return {"engine": engine, "engine_version": engine_version}


def deferred(before: Json, after: Json, *, at_once: bool = False) -> list[str]:
    now = {"apply_immediately": at_once}
    change = changed(GROUP, "update", before={**before, **now}, after={**after, **now})
    unit = UnitPlan(name="prod-redis", configuration={}, plan=Plan({"resource_changes": [change]}))
    return [str(each) for each in rules.refusals(Unit(unit)) if each.rule.startswith("redis/")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (engine("redis", "7.1"), engine("valkey", "7.2")),
        (engine("redis", "7.1"), engine("valkey", "8.2")),
        (engine("valkey", "7.2"), engine("valkey", "8.0")),
    ],
)
def test_an_engine_of_another_family_comes_at_once_with_its_parameters(before: Json, after: Json) -> None:
    (line,) = deferred(before, after)
    assert line.startswith(
        f"prod-redis: {GROUP}: [redis/deferred-engine] ElastiCache leaves the engine as it is until "
    )
    assert line.endswith(": set redis.apply_immediately to True for it, and remove it in the next change")
    assert deferred(before, after, at_once=True) == []


def test_a_minor_version_may_wait() -> None:
    assert deferred(engine("redis", "7.0"), engine("redis", "7.1")) == []
    assert deferred(engine("valkey", "8.0"), engine("valkey", "8.2")) == []


def _document(environment: Environment) -> Json:
    app = Testing.app()
    compose(app, environment)
    app.synth()
    return dict(read_output(Path(app.outdir)))["prod-redis"]


@pytest.mark.slow
def test_redis_becomes_valkey_in_place_and_valkey_never_becomes_redis(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    """As the real provider plans it."""
    redis = vary(frozen("prod"), redis__apply_immediately=True)
    valkey = vary(redis, redis__engine="valkey", redis__engine_version="8.2")
    there = plan_change(plans["prod-redis"], _document(valkey), tmp_path / "there", mirrors)
    of_redis = (each for each in there.plan.changes if each.type.startswith("aws_elasticache_"))
    found = {each.address: each.action for each in of_redis if each.action}
    assert found == {GROUP: Action.CHANGE, "aws_elasticache_parameter_group.redis_parameters": Action.REPLACE}
    assert list(map(str, gate.refusals([there]))) == []
    back = plan_change(there, _document(redis), tmp_path / "back", mirrors)
    (refusal,) = gate.refusals([back])
    assert (refusal.address, refusal.rule) == (GROUP, "data/replaced")
    assert "engine (valkey → redis)" in refusal.message
    assert "engine (the input redis.engine)" in refusal.message
