"""Inputs of Redis: what ElastiCache would refuse, or would lose tasks, is refused before, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.validation import InvalidInput, validate

KEY = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"

VALKEY: dict[str, Any] = {"engine": "valkey", "engine_version": "8.2"}


def group(**changes: Any) -> RedisGroupInputs:
    return RedisGroupInputs(**{"node_type": "cache.t4g.small", **changes})


def inputs(**changes: Any) -> RedisInputs:
    return RedisInputs(**{"cache": group(), **changes})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"node_type": "t4g.small"}, "node_type: 't4g.small' is no node type: write it as \"cache.t4g.small\""),
        ({"node_type": "cache.t4g"}, "node_type: 'cache.t4g' is no node type: "),
        ({"node_type": "cache.t2.micro"}, "node_type: cache.t2.micro is too old for TLS, failover and snapshots: "),
        ({"node_type": "cache.m3.large"}, "node_type: cache.m3.large is too old for TLS, failover and snapshots: "),
        ({"nodes": 0}, "nodes: a group cannot have 0 nodes: choose 1 to 6"),
        ({"nodes": 7}, "nodes: a group cannot have 7 nodes: choose 1 to 6"),
        ({"nodes": 10**5000}, "nodes: a group cannot have a huge number nodes: "),
        ({"nodes": 1}, "automatic_failover: needs 2 nodes: set it and multi_az to False, or nodes to 2"),
        ({"automatic_failover": False}, "multi_az: needs automatic_failover: set it to False, or "),
        ({"maxmemory_policy": "lru"}, "maxmemory_policy: got 'lru': give one of 'noeviction', "),
        ({"snapshot_days": 36}, "snapshot_days: ElastiCache cannot keep snapshots for 36 days: choose 1 to 35, or 0 "),
        ({"snapshot_days": -1}, "snapshot_days: ElastiCache cannot keep snapshots for -1 days: "),
        ({"timeout_seconds": 19}, "timeout_seconds: got 19: choose 20 or more, or 0 for never"),
        ({"timeout_seconds": 2**31}, "timeout_seconds: got 2147483648: "),
        ({"tcp_keepalive_seconds": -1}, "tcp_keepalive_seconds: got -1: choose 0 or more"),
        ({"maxmemory_samples": 0}, "maxmemory_samples: got 0: choose 1 or more"),
        *(
            (
                {"parameter_group_name": name},
                f"parameter_group_name: {name} is for other groups than one of Redis 7 without shards: use default.re",
            )
            for name in ("default.redis6.x", "default.redis7.cluster.on", "default.valkey7")
        ),
        ({"parameter_group_name": "Mine"}, "parameter_group_name: 'Mine' is no name of a parameter group: "),
        (
            {"parameter_group_name": "mine", "maxmemory_policy": "noeviction"},
            "maxmemory_policy: has no effect with parameter_group_name: set it in that group",
        ),
    ],
)
@pytest.mark.parametrize("field", ["cache", "broker"])
def test_wrong_groups_are_refused(field: str, changes: dict[str, Any], line: str) -> None:
    _refused({field: group(**changes)}, f"{field}.{line}")


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-random", "volatile-ttl", "volatile-lfu"])
def test_a_group_that_carries_the_broker_may_not_evict(policy: str) -> None:
    _refused(
        {"cache": group(maxmemory_policy=policy)},
        f"cache.maxmemory_policy: {policy} lets Redis drop tasks of Celery, whose broker this group carries: "
        "remove it, or give the broker a group of its own",
    )
    _refused(
        {"broker": group(maxmemory_policy=policy)},
        f"broker.maxmemory_policy: {policy} lets Redis drop tasks of Celery, whose broker this group carries: "
        "remove it",
    )
    validate(inputs(cache=group(maxmemory_policy=policy), broker=group()))


def test_a_cache_evicts_nothing_while_its_queue_is_emptied() -> None:
    both = inputs(broker=group(), draining_broker=True)
    assert both.cache_maxmemory_policy == "noeviction"
    validate(both)
    _refused(
        {"cache": group(maxmemory_policy="allkeys-lru"), "broker": group(), "draining_broker": True},
        "cache.maxmemory_policy: allkeys-lru lets Redis drop tasks of Celery, whose broker this group carries: remove ",
    )
    _refused(
        {"cache": group(parameter_group_name="default.redis7"), "broker": group(), "draining_broker": True},
        "cache.parameter_group_name: default.redis7 lets Redis drop tasks of Celery, whose broker this group carries: ",
    )


@pytest.mark.parametrize("field", ["cache", "broker"])
def test_the_broker_has_no_parameters_that_evict(field: str) -> None:
    _refused(
        {field: group(parameter_group_name="default.redis7")},
        f"{field}.parameter_group_name: default.redis7 lets Redis drop tasks of Celery, whose broker this group "
        "carries: remove it, or name a group with noeviction",
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"engine_version": "7.0"},
            (
                "engine_version: 7.0 does not stay with auto_minor_version_upgrade: "
                'write "7.1", or set auto_minor_version_upgrade to False'
            ),
        ),
        ({"engine_version": "6.2"}, "engine_version: got '6.2': give one of '7.0', '7.1', '7.2', '8.0', "),
        ({"engine_version": "7.2"}, "engine_version: 7.2 is not a version of Redis: choose 7.0 or 7.1"),
        (
            {"engine": "valkey"},
            "engine_version: 7.1 is not a version of Valkey: choose 7.2 or 8.0 or 8.1 or 8.2",
        ),
        *(
            (
                {"engine": "valkey", "engine_version": version},
                (
                    f"engine_version: {version} does not stay with auto_minor_version_upgrade: "
                    'write "8.2", or set auto_minor_version_upgrade to False'
                ),
            )
            for version in ("8.0", "8.1")
        ),
        (
            {**VALKEY, "cache": group(parameter_group_name="default.valkey8")},
            "cache.parameter_group_name: default.valkey8 lets Valkey drop tasks of Celery, whose broker this group ",
        ),
        *(
            (
                {**VALKEY, "cache": group(parameter_group_name=name), "broker": group()},
                (
                    f"cache.parameter_group_name: {name} is for other groups than one of Valkey 8 without shards: "
                    "use default.valkey8, or a group of your own"
                ),
            )
            for name in ("default.redis7", "default.valkey7", "default.valkey8.cluster.on")
        ),
        (
            {"switching_authentication": True},
            (
                "switching_authentication: the users would wait for the maintenance window, and new tasks sign in "
                "before: set apply_immediately to True for it"
            ),
        ),
        (
            {"draining_broker": True},
            (
                "draining_broker: there is no other group that tasks could go to: give the broker a group of its own, "
                "or remove it"
            ),
        ),
        ({"port": 0}, "port: 0 is no TCP port: choose 1 to 65535"),
        ({"port": 65536}, "port: 65536 is no TCP port: "),
        ({"snapshot_window": "daily"}, "snapshot_window: 'daily' is no window of a day: "),
        ({"snapshot_window": "03:00-03:59"}, "snapshot_window: 03:00-03:59 is 59 minutes: choose 60 minutes or more"),
        ({"maintenance_window": "sunday"}, "maintenance_window: 'sunday' is no window of a week: "),
        ({"maintenance_window": "sun:05:00-sun:05:59"}, "maintenance_window: sun:05:00-sun:05:59 is 59 minutes: "),
        (
            {"maintenance_window": "sun:03:30-sun:04:30"},
            (
                "snapshot_window: 03:00-04:00 meets maintenance_window sun:03:30-sun:04:30: "
                "choose windows that do not overlap"
            ),
        ),
        ({"log_retention_days": 8}, "log_retention_days: CloudWatch has no retention of 8 days: "),
        ({"notification_topic_arn": "ops"}, "notification_topic_arn: 'ops' is no ARN of an SNS topic: "),
        ({"kms_key_arn": "alias/mine"}, "kms_key_arn: 'alias/mine' is no ARN of a KMS key: "),
    ],
)
def test_wrong_inputs_are_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cache": group(nodes=1, automatic_failover=False, multi_az=False)},
        {"cache": group(nodes=6, multi_az=False)},
        {"cache": group(maxmemory_policy="noeviction", timeout_seconds=0, snapshot_days=0)},
        {"cache": group(parameter_group_name="mine")},
        {"cache": group(parameter_group_name="default.redis7"), "broker": group()},
        {"cache": group(node_type="cache.r7g.16xlarge"), "broker": group(node_type="cache.c7gn.large")},
        {"engine_version": "7.0", "auto_minor_version_upgrade": False},
        VALKEY,
        {"engine": "valkey", "engine_version": "7.2"},
        {"engine": "valkey", "engine_version": "8.0", "auto_minor_version_upgrade": False},
        {**VALKEY, "cache": group(parameter_group_name="default.valkey8"), "broker": group()},
        {"snapshot_window": "23:30-00:30", "maintenance_window": "Mon:00:30-Mon:01:30"},
        {"kms_key_arn": KEY, "notification_topic_arn": "arn:aws:sns:us-east-1:123456789012:ops"},
    ],
)
def test_what_elasticache_accepts_is_accepted(changes: dict[str, Any]) -> None:
    validate(inputs(**changes))


def _refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(inputs(**changes))
    assert line in str(error.value)
    assert "\n" not in str(error.value)
