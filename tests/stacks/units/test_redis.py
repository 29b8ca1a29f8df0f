"""The redis unit: it stands in the network's private subnets and publishes no credential."""

from __future__ import annotations

from dataclasses import fields

import pytest

from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.redis.outputs import RedisOutputs
from stacks.units.network import NetworkUnit
from stacks.units.redis import RedisUnit
from tests.support import REDIS, Json, environment, only, unit_json


@pytest.fixture(scope="module")
def document() -> Json:
    small = RedisGroupInputs(node_type="cache.t4g.small")
    inputs = RedisInputs(cache=small, broker=small, iam_authentication=True)
    return unit(inputs)


def unit(inputs: RedisInputs) -> Json:
    there = environment(redis=inputs)
    return unit_json(lambda app: RedisUnit(app, there, inputs=inputs, network=NetworkUnit(app, there)))


def test_every_output_is_published_under_its_own_name(document: Json) -> None:
    assert set(document["output"]) == {field.name for field in fields(RedisOutputs)}


def test_it_stands_where_the_network_says(document: Json) -> None:
    network = "data.terraform_remote_state.network.outputs"
    assert only(document["resource"]["aws_elasticache_subnet_group"])["subnet_ids"] == (
        f"${{{network}.private_subnet_ids}}"
    )
    rule = only(document["resource"]["aws_vpc_security_group_ingress_rule"])
    assert rule["referenced_security_group_id"] == f"${{{network}.application_security_group_id}}"
    assert only(document["resource"]["aws_security_group"])["vpc_id"] == f"${{{network}.vpc_id}}"


def test_both_urls_are_of_tls_and_without_a_credential(document: Json) -> None:
    for name in ("redis_url", "celery_broker_url"):
        url = document["output"][name]["value"]
        assert url.startswith("rediss://${aws_elasticache_replication_group.redis")
        assert "@" not in url


def test_no_secret_lies_in_the_unit(document: Json) -> None:
    text = str(document)
    assert "auth_token" not in text
    assert "passwords" not in text


def test_an_output_that_there_is_nothing_for_is_empty_and_not_missing() -> None:
    document = unit(REDIS)
    assert document["output"]["iam_user_name"]["value"] == ""
    assert set(document["output"]) == {field.name for field in fields(RedisOutputs)}
