"""An instance class that no price list knows is a warning, by the path of its input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.review.cost.unpriced import _GROUPS, unpriced
from stacks.config import RedisGroupInputs, vary
from stacks.config.schema import Environment
from tests.configurations import changed
from tests.environments import frozen
from tests.support import environment


def everything() -> Environment:
    group = RedisGroupInputs(node_type="cache.t4g.small")
    replica = {"postgresql__read_replica": True, "postgresql__replica_instance_class": "db.t4g.medium"}
    nat = {"network__nat": "instance", "network__nat_instance_type": "t3.micro"}
    return vary(environment(), redis__broker=group, **replica, **nat)


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_examples_have_prices(name: str) -> None:
    assert list(unpriced(frozen(name))) == []


def test_a_node_type_is_looked_up_among_those_of_the_engine(tmp_path: Path) -> None:
    prices = {"elasticache_redis_hour": {"cache.t4g.small": "1"}, "rds_postgres_hour": {"db.t4g.micro": "1"}}
    data = {"region": "us-east-1", "currency": "USD", "date": "2025", "source": "https://", "prices": prices}
    (tmp_path / "us-east-1.json").write_text(json.dumps(data), encoding="utf-8")
    redis = vary(environment(), redis__cache=RedisGroupInputs(node_type="cache.t4g.small"))
    valkey = vary(redis, redis__engine="valkey", redis__engine_version="8.2")
    paths = [[line.partition(":")[0] for line in unpriced(each, tmp_path)] for each in (redis, valkey)]
    assert [("redis.cache.node_type" in each) for each in paths] == [False, True]


@pytest.mark.parametrize("path", _GROUPS)
def test_one_that_is_in_no_list_is_named_by_its_path(path: str) -> None:
    assert list(unpriced(everything())) == []
    misspelled = {"network": "t3.mikro", "postgresql": "db.t4g.smal", "redis": "cache.t4g.smal"}[
        path.split(".", maxsplit=1)[0]
    ]
    (line,) = unpriced(changed(everything(), tuple(path.split(".")), misspelled))
    assert line == (
        f"{path}: {misspelled} is in no price list, so that its costs are missing: correct it, or "
        "`make prices REGION=us-east-1` if it is right"
    )


def test_the_type_of_an_instance_that_is_not_made_needs_no_price() -> None:
    assert list(unpriced(changed(everything(), ("network", "nat"), "gateways"))) == []


def test_one_list_that_knows_it_is_enough(tmp_path: Path) -> None:
    source = '{"region": "eu-west-1", "date": "2026", "source": "test", "prices": {"rds_postgres_hour": {"db.x": "1"}}}'
    (tmp_path / "eu-west-1.json").write_text(source)
    rare = changed(environment(), ("postgresql", "instance_class"), "db.x")
    assert [each.partition(":")[0] for each in unpriced(rare, tmp_path)] == ["redis.cache.node_type"]
