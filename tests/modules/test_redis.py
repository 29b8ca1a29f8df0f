"""The redis module: TLS, who is admitted, and that no task of Celery is ever evicted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from modules.placement import Placement
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.redis.main import Redis
from tests.support import Json, module_json, only

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
TOPIC = "arn:aws:sns:us-east-1:123456789012:operations"
LONGEST_PREFIX = "abcdefghijkl-mnopqrstuvwxy"

_DOCUMENTS: dict[str, Json] = {}


def group(**changes: Any) -> RedisGroupInputs:
    return RedisGroupInputs(**{"node_type": "cache.t4g.small", **changes})


def document(prefix: str = "django-test", **changes: Any) -> Json:
    """What the module synthesizes, with its outputs; tests that change the same inputs share it."""
    key = repr((prefix, changes))
    if key not in _DOCUMENTS:
        inputs = RedisInputs(**{"cache": group(), **changes})

        def build(stack: TerraformStack) -> None:
            redis = Redis(
                stack,
                "redis",
                inputs=inputs,
                prefix=prefix,
                placement=Placement(
                    vpc_id="vpc-0",
                    subnet_ids=["subnet-1", "subnet-2"],
                    application_security_group_id="sg-application",
                ),
            )
            for name, value in asdict(redis.outputs).items():
                TerraformOutput(stack, name, value=value)

        _DOCUMENTS[key] = module_json(build)
    return _DOCUMENTS[key]


def resources(**changes: Any) -> Json:
    found: Json = document(**changes)["resource"]
    return found


def output(name: str, **changes: Any) -> str:
    found: str = document(**changes)["output"][name]["value"]
    return found


def cache_group(**changes: Any) -> Json:
    found: Json = resources(**changes)["aws_elasticache_replication_group"]["redis"]
    return found


def parameters(name: str, **changes: Any) -> dict[str, str]:
    found = resources(**changes)["aws_elasticache_parameter_group"][name]["parameter"]
    return {parameter["name"]: parameter["value"] for parameter in found}


TWO: dict[str, Any] = {"broker": group()}


class TestAccess:
    def test_only_the_application_may_reach_redis(self) -> None:
        rule = only(resources()["aws_vpc_security_group_ingress_rule"])
        assert rule["referenced_security_group_id"] == "sg-application"
        assert (rule["from_port"], rule["to_port"], rule["ip_protocol"]) == (6379, 6379, "tcp")
        security_group = only(resources()["aws_security_group"])
        assert "ingress" not in security_group
        assert "egress" not in security_group
        assert "aws_vpc_security_group_egress_rule" not in resources()

    def test_the_rule_follows_the_port(self) -> None:
        rule = only(resources(port=6380)["aws_vpc_security_group_ingress_rule"])
        assert (rule["from_port"], rule["to_port"]) == (6380, 6380)

    def test_it_stands_in_the_private_subnets(self) -> None:
        assert only(resources()["aws_elasticache_subnet_group"])["subnet_ids"] == ["subnet-1", "subnet-2"]
        assert cache_group()["subnet_group_name"] == "${aws_elasticache_subnet_group.redis_subnet_group.name}"
        assert cache_group()["security_group_ids"] == ["${aws_security_group.redis_security_group.id}"]

    def test_every_group_is_encrypted_by_tls_and_on_disk(self) -> None:
        groups = resources(**TWO, kms_key_arn=KEY)["aws_elasticache_replication_group"]
        assert len(groups) == 2
        for found in groups.values():
            assert found["transit_encryption_enabled"] is True
            assert found["transit_encryption_mode"] == "required"
            assert found["at_rest_encryption_enabled"] == "true"
            assert found["kms_key_id"] == KEY
            assert "auth_token" not in found


CACHE = "${aws_elasticache_replication_group.redis.primary_endpoint_address}"
BROKER = "${aws_elasticache_replication_group.redis_broker.primary_endpoint_address}"


class TestUrls:
    def test_one_group_carries_the_cache_in_database_0_and_the_broker_in_database_1(self) -> None:
        assert output("redis_url") == f"rediss://{CACHE}:6379/0?ssl_cert_reqs=required"
        assert output("celery_broker_url") == f"rediss://{CACHE}:6379/1?ssl_cert_reqs=required"
        assert output("broker_primary_endpoint_address") == output("primary_endpoint_address") == CACHE
        assert output("broker_id") == output("id")
        assert output("broker_arn") == output("arn")

    def test_two_groups_carry_each_in_database_0(self) -> None:
        assert output("redis_url", **TWO) == f"rediss://{CACHE}:6379/0?ssl_cert_reqs=required"
        assert output("celery_broker_url", **TWO) == f"rediss://{BROKER}:6379/0?ssl_cert_reqs=required"
        assert output("broker_primary_endpoint_address", **TWO) == BROKER
        assert output("broker_id", **TWO) == "${aws_elasticache_replication_group.redis_broker.id}"
        assert output("broker_arn", **TWO) == "${aws_elasticache_replication_group.redis_broker.arn}"

    def test_they_follow_the_port_and_carry_no_credential(self) -> None:
        for name in ("redis_url", "celery_broker_url"):
            url = output(name, port=6380, iam_authentication=True)
            assert ":6380/" in url
            assert "@" not in url


class TestEviction:
    def test_a_group_that_carries_the_broker_evicts_nothing(self) -> None:
        assert parameters("redis_parameters")["maxmemory-policy"] == "noeviction"
        assert parameters("redis_broker_parameters", **TWO)["maxmemory-policy"] == "noeviction"

    def test_a_cache_of_its_own_gives_up_what_was_least_recently_used(self) -> None:
        assert parameters("redis_parameters", **TWO)["maxmemory-policy"] == "allkeys-lru"
        chosen = {"cache": group(maxmemory_policy="volatile-lru"), **TWO}
        assert parameters("redis_parameters", **chosen)["maxmemory-policy"] == "volatile-lru"

    def test_a_cache_evicts_only_when_its_queue_has_been_emptied(self) -> None:
        draining = {**TWO, "draining_broker": True}
        assert parameters("redis_parameters", **draining)["maxmemory-policy"] == "noeviction"
        assert cache_group(**draining)["description"] == cache_group()["description"] == "Cache and Celery broker"
        assert cache_group(**TWO)["description"] == "Cache"
        assert output("celery_broker_url", **draining) == output("celery_broker_url", **TWO)

    def test_the_same_inputs_may_serve_both_groups(self) -> None:
        same = group()
        assert parameters("redis_parameters", cache=same, broker=same)["maxmemory-policy"] == "allkeys-lru"
        assert parameters("redis_broker_parameters", cache=same, broker=same)["maxmemory-policy"] == "noeviction"


class TestParameters:
    def test_the_defaults(self) -> None:
        assert parameters("redis_parameters") == {
            "maxmemory-policy": "noeviction",
            "maxmemory-samples": "5",
            "tcp-keepalive": "300",
            "timeout": "300",
        }

    def test_each_group_has_its_own(self) -> None:
        changes = {"cache": group(timeout_seconds=0), "broker": group(maxmemory_samples=10, tcp_keepalive_seconds=60)}
        assert parameters("redis_parameters", **changes)["timeout"] == "0"
        broker = parameters("redis_broker_parameters", **changes)
        assert (broker["timeout"], broker["maxmemory-samples"], broker["tcp-keepalive"]) == ("300", "10", "60")

    def test_a_new_family_makes_a_new_group_before_the_old_one_goes(self) -> None:
        found = only(resources()["aws_elasticache_parameter_group"])
        assert found["lifecycle"] == {"create_before_destroy": True}
        assert found["family"] == "redis7"
        assert found["name"] == "django-test-redis-redis7"

    def test_a_group_of_ones_own_takes_their_place(self) -> None:
        changes = {"cache": group(parameter_group_name="mine")}
        assert cache_group(**changes)["parameter_group_name"] == "mine"
        assert "aws_elasticache_parameter_group" not in resources(**changes)


class TestGroups:
    def test_the_cache_stays_the_same_group_when_the_broker_gets_one_of_its_own(self) -> None:
        groups = resources(**TWO)["aws_elasticache_replication_group"]
        assert {name: found["replication_group_id"] for name, found in groups.items()} == {
            "redis": cache_group()["replication_group_id"],
            "redis_broker": "django-test-redis-broker",
        }

    def test_the_defaults_are_those_of_production(self) -> None:
        found = cache_group()
        assert (found["engine"], found["engine_version"], found["cluster_mode"]) == ("redis", "7.1", "disabled")
        assert (found["num_cache_clusters"], found["automatic_failover_enabled"]) == (2, True)
        assert found["multi_az_enabled"] is True
        assert found["auto_minor_version_upgrade"] == "true"
        assert found["apply_immediately"] is False
        assert (found["snapshot_window"], found["maintenance_window"]) == ("03:00-04:00", "sun:05:00-sun:06:00")
        assert "notification_topic_arn" not in found
        assert "data_tiering_enabled" not in found

    def test_a_single_node_for_development(self) -> None:
        single = group(node_type="cache.t4g.micro", nodes=1, automatic_failover=False, multi_az=False)
        found = cache_group(cache=single)
        assert (found["num_cache_clusters"], found["automatic_failover_enabled"]) == (1, False)
        assert found["multi_az_enabled"] is False

    def test_snapshots_leave_a_last_one_whose_name_does_not_change(self) -> None:
        found = cache_group(cache=group(snapshot_days=30))
        assert found["snapshot_retention_limit"] == 30
        assert found["final_snapshot_identifier"] == "django-test-redis-final"

    def test_without_snapshots_there_is_no_last_one(self) -> None:
        found = cache_group(cache=group(snapshot_days=0))
        assert found["snapshot_retention_limit"] == 0
        assert "final_snapshot_identifier" not in found

    def test_the_last_one_is_switched_off_for_each_group(self) -> None:
        off = group(snapshot_days=30, final_snapshot=False)
        groups = resources(cache=off, broker=group())["aws_elasticache_replication_group"]
        assert groups["redis"]["snapshot_retention_limit"] == 30
        assert "final_snapshot_identifier" not in groups["redis"]
        assert groups["redis_broker"]["final_snapshot_identifier"] == "django-test-redis-broker-final"

    def test_both_groups_write_slow_and_engine_logs_as_json(self) -> None:
        groups = resources(**TWO, log_retention_days=14)
        names = {found["name"]: found["retention_in_days"] for found in groups["aws_cloudwatch_log_group"].values()}
        assert names == {
            f"/aws/elasticache/{name}/{log}": 14
            for name in ("django-test-redis", "django-test-redis-broker")
            for log in ("slow-log", "engine-log")
        }
        for found in groups["aws_elasticache_replication_group"].values():
            logs = found["log_delivery_configuration"]
            assert [(log["log_type"], log["log_format"], log["destination_type"]) for log in logs] == [
                ("slow-log", "json", "cloudwatch-logs"),
                ("engine-log", "json", "cloudwatch-logs"),
            ]

    def test_a_topic_is_told_of_every_group(self) -> None:
        groups = resources(**TWO, notification_topic_arn=TOPIC)["aws_elasticache_replication_group"]
        assert [found["notification_topic_arn"] for found in groups.values()] == [TOPIC, TOPIC]

    def test_nodes_with_disks_are_named_as_such(self) -> None:
        assert cache_group(cache=group(node_type="cache.r6gd.xlarge"))["data_tiering_enabled"] is True


class TestIamAuthentication:
    def test_without_it_there_is_no_user(self) -> None:
        assert "aws_elasticache_user" not in resources()
        assert "user_group_ids" not in cache_group()
        assert (output("iam_user_name"), output("iam_user_arn")) == ("", "")

    @pytest.mark.parametrize("is_on", [True, False])
    def test_while_it_is_switched_clients_are_admitted_with_a_token_and_without(self, *, is_on: bool) -> None:
        """Old tasks and new ones run beside each other; only the new ones know where to go."""
        switching: dict[str, Any] = {
            "iam_authentication": is_on,
            "switching_authentication": True,
            "apply_immediately": True,
        }
        users = resources(**switching)["aws_elasticache_user"]
        assert {user["access_string"] for user in users.values()} == {"on ~* &* +@all"}
        assert cache_group(**switching)["user_group_ids"] == cache_group(iam_authentication=True)["user_group_ids"]
        name = "${aws_elasticache_user.redis_user.user_name}"
        assert output("iam_user_name", **switching) == (name if is_on else "")

    def test_the_user_signs_in_with_iam_under_its_own_id(self) -> None:
        user = resources(iam_authentication=True)["aws_elasticache_user"]["redis_user"]
        assert user["authentication_mode"] == {"type": "iam"}
        assert user["user_id"] == user["user_name"] == "django-test-redis"
        assert user["access_string"] == "on ~* &* +@all"

    def test_the_default_user_is_shut_out(self) -> None:
        nobody = resources(iam_authentication=True)["aws_elasticache_user"]["redis_user_nobody"]
        assert nobody["user_name"] == "default"
        assert nobody["access_string"] == "off ~* -@all"
        assert "passwords" not in nobody

    def test_the_default_user_has_no_authentication_mode_which_aws_spells_otherwise_in_its_answer(self) -> None:
        nobody = resources(iam_authentication=True)["aws_elasticache_user"]["redis_user_nobody"]
        assert nobody["no_password_required"] is True
        assert "authentication_mode" not in nobody

    def test_every_group_asks_for_one_of_them(self) -> None:
        found = resources(**TWO, iam_authentication=True)
        assert only(found["aws_elasticache_user_group"])["user_ids"] == [
            "${aws_elasticache_user.redis_user_nobody.user_id}",
            "${aws_elasticache_user.redis_user.user_id}",
        ]
        for replication_group in found["aws_elasticache_replication_group"].values():
            expected = "${aws_elasticache_user_group.redis_user_group.user_group_id}"
            assert replication_group["user_group_ids"] == [expected]

    def test_the_group_of_users_is_deleted_after_redis_has_left_it(self) -> None:
        (group,) = resources(iam_authentication=True)["aws_elasticache_user_group"].values()
        assert group["lifecycle"] == {"create_before_destroy": True}

    def test_what_a_policy_must_name_is_published(self) -> None:
        assert output("iam_user_name", iam_authentication=True) == "${aws_elasticache_user.redis_user.user_name}"
        assert output("iam_user_arn", iam_authentication=True) == "${aws_elasticache_user.redis_user.arn}"


def test_the_longest_prefix_leaves_names_that_aws_accepts() -> None:
    found = resources(prefix=LONGEST_PREFIX, **TWO, iam_authentication=True)
    ids = [group["replication_group_id"] for group in found["aws_elasticache_replication_group"].values()]
    ids += [user["user_id"] for user in found["aws_elasticache_user"].values()]
    ids += [only(found["aws_elasticache_user_group"])["user_group_id"]]
    assert all(len(name) <= 40 for name in ids), ids


@pytest.mark.parametrize(
    ("engine", "engine_version", "family"),
    [
        ("redis", "7.0", "redis7"),
        ("redis", "7.1", "redis7"),
        ("valkey", "7.2", "valkey7"),
        ("valkey", "8.0", "valkey8"),
        ("valkey", "8.1", "valkey8"),
        ("valkey", "8.2", "valkey8"),
    ],
)
def test_the_engine_is_as_said_and_so_are_its_parameters(engine: str, engine_version: str, family: str) -> None:
    changes = {"engine": engine, "engine_version": engine_version, "auto_minor_version_upgrade": False, **TWO}
    for found in resources(**changes)["aws_elasticache_replication_group"].values():
        assert (found["engine"], found["engine_version"]) == (engine, engine_version)
        assert found["auto_minor_version_upgrade"] == "false"
    groups = resources(**changes)["aws_elasticache_parameter_group"]
    assert {found["name"]: found["family"] for found in groups.values()} == {
        f"django-test-redis-{family}": family,
        f"django-test-redis-broker-{family}": family,
    }


def test_users_stay_the_same_when_redis_becomes_valkey() -> None:
    """A user group of Valkey would refuse the default user, who has neither a password nor a token."""
    kinds = ("aws_elasticache_user", "aws_elasticache_user_group")
    before = resources(iam_authentication=True)
    after = resources(iam_authentication=True, engine="valkey", engine_version="8.2")
    assert [after[kind] for kind in kinds] == [before[kind] for kind in kinds]
    assert {user["engine"] for kind in kinds for user in after[kind].values()} == {"redis"}
