"""The postgresql module: what it protects, what it leaves to RDS, and what it must never show."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from modules.placement import Placement
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.main import PostgreSQL
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from tests.support import Json, module_json, only

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
LONGEST_PREFIX = "abcdefghijkl-mnopqrstuvwxyz-abc"


_DOCUMENTS: dict[str, Json] = {}


def document(prefix: str = "django-test", **changes: Any) -> Json:
    """What the module synthesizes; tests that change the same inputs share it."""
    key = repr((prefix, changes))
    if key not in _DOCUMENTS:
        inputs = PostgreSQLInputs(**{"instance_class": "db.t4g.small", "storage_gb": 50, **changes})
        _DOCUMENTS[key] = module_json(
            lambda stack: PostgreSQL(
                stack,
                "postgresql",
                inputs=inputs,
                prefix=prefix,
                region="us-east-1",
                account_id="123456789012",
                placement=Placement(
                    vpc_id="vpc-0",
                    subnet_ids=["subnet-1", "subnet-2"],
                    application_security_group_id="sg-application",
                ),
            )
        )
    return _DOCUMENTS[key]


def resources(**changes: Any) -> Json:
    found: Json = document(**changes)["resource"]
    return found


def primary(**changes: Any) -> Json:
    found: Json = resources(**changes)["aws_db_instance"]["postgresql"]
    return found


def outputs(**changes: Any) -> Json:
    """What others read of it."""
    found: Json = {}

    def build(stack: TerraformStack) -> None:
        made = PostgreSQL(
            stack,
            "postgresql",
            inputs=PostgreSQLInputs(**{"instance_class": "db.t4g.small", "storage_gb": 50, **changes}),
            prefix="django-test",
            region="us-east-1",
            account_id="123456789012",
            placement=Placement(
                vpc_id="vpc-0", subnet_ids=["subnet-1"], application_security_group_id="sg-application"
            ),
        )
        for name, value in asdict(made.outputs).items():
            TerraformOutput(stack, name, value=value)

    for name, output in module_json(build)["output"].items():
        found[name] = output["value"]
    return found


def replica(**changes: Any) -> Json:
    found: Json = resources(read_replica=True, **changes)["aws_db_instance"]["postgresql_replica"]
    return found


def parameters(**changes: Any) -> dict[str, tuple[str, str]]:
    group = only(resources(**changes)["aws_db_parameter_group"])
    return {found["name"]: (found["value"], found["apply_method"]) for found in group["parameter"]}


class TestAccess:
    def test_only_the_application_may_reach_the_database(self) -> None:
        rule = only(resources()["aws_vpc_security_group_ingress_rule"])
        assert rule["referenced_security_group_id"] == "sg-application"
        assert (rule["from_port"], rule["to_port"], rule["ip_protocol"]) == (5432, 5432, "tcp")
        group = only(resources()["aws_security_group"])
        assert "ingress" not in group
        assert "egress" not in group
        assert "aws_vpc_security_group_egress_rule" not in resources()

    def test_the_rule_follows_the_port(self) -> None:
        rule = only(resources(port=6000)["aws_vpc_security_group_ingress_rule"])
        assert (rule["from_port"], rule["to_port"]) == (6000, 6000)

    @pytest.mark.parametrize("name", ["postgresql", "postgresql_replica"])
    def test_no_instance_is_public_unencrypted_or_without_iam(self, name: str) -> None:
        instance = resources(read_replica=True)["aws_db_instance"][name]
        assert instance["publicly_accessible"] is False
        assert instance["storage_encrypted"] is True
        assert instance["iam_database_authentication_enabled"] is True
        assert instance["vpc_security_group_ids"] == ["${aws_security_group.postgresql_security_group.id}"]

    def test_it_stands_in_the_database_subnets(self) -> None:
        assert only(resources()["aws_db_subnet_group"])["subnet_ids"] == ["subnet-1", "subnet-2"]
        assert primary()["db_subnet_group_name"] == "${aws_db_subnet_group.postgresql_subnet_group.name}"

    def test_a_key_of_ones_own_encrypts_storage_and_insights(self) -> None:
        instance = primary(kms_key_arn=KEY)
        assert instance["kms_key_id"] == KEY
        assert instance["performance_insights_kms_key_id"] == KEY


class TestMasterPassword:
    def test_rds_draws_and_keeps_it(self) -> None:
        instance = primary(master_secret_kms_key_arn=KEY)
        assert instance["manage_master_user_password"] is True
        assert instance["master_user_secret_kms_key_id"] == KEY
        assert "aws_secretsmanager_secret" not in resources()
        assert "ephemeral" not in document()

    def test_with_a_replica_which_rds_would_then_refuse_it_lies_in_a_secret_of_ours(self) -> None:
        assert "manage_master_user_password" not in primary(read_replica=True)
        secret = only(resources(read_replica=True, master_secret_kms_key_arn=KEY)["aws_secretsmanager_secret"])
        assert secret["kms_key_id"] == KEY
        assert secret["name_prefix"].startswith("django-test/")

    def test_it_passes_by_write_only_arguments_alone(self) -> None:
        version = only(resources(read_replica=True)["aws_secretsmanager_secret_version"])
        drawn = "ephemeral.aws_secretsmanager_random_password.postgresql_master.random_password"
        assert version["secret_string_wo"] == f'${{jsonencode({{username = "postgres", password = {drawn}}})}}'
        assert "secret_string" not in version
        stored = "ephemeral.aws_secretsmanager_secret_version.postgresql_master.secret_string"
        assert primary(read_replica=True)["password_wo"] == f"${{jsondecode({stored}).password}}"
        assert "password" not in primary(read_replica=True)

    def test_the_database_gets_what_the_secret_holds_even_after_an_apply_that_stopped_between_them(self) -> None:
        ephemeral = document(read_replica=True)["ephemeral"]
        version = "aws_secretsmanager_secret_version.postgresql_master_version"
        assert ephemeral["aws_secretsmanager_secret_version"]["postgresql_master"] == {
            "secret_id": f"${{{version}.secret_id}}",
            "version_id": f"${{{version}.version_id}}",
        }

    def test_it_has_no_character_that_rds_refuses_or_a_url_must_escape(self) -> None:
        drawn = only(document(read_replica=True)["ephemeral"]["aws_secretsmanager_random_password"])
        assert drawn["exclude_punctuation"] is True
        assert "include_space" not in drawn

    def test_a_higher_version_changes_secret_and_database_together(self) -> None:
        changes = {"read_replica": True, "master_password_version": 4}
        assert only(resources(**changes)["aws_secretsmanager_secret_version"])["secret_string_wo_version"] == 4
        assert primary(**changes)["password_wo_version"] == 4


class TestParameters:
    def test_connections_without_tls_are_always_refused(self) -> None:
        assert parameters()["rds.force_ssl"] == ("1", "immediate")
        assert parameters(parameters={"work_mem": "8192"})["rds.force_ssl"] == ("1", "immediate")

    def test_what_depends_on_memory_is_left_to_rds(self) -> None:
        assert set(parameters()) == {"rds.force_ssl", "random_page_cost", "log_min_duration_statement"}

    def test_ones_own_come_before_the_defaults_and_static_ones_wait_for_a_restart(self) -> None:
        own = parameters(parameters={"shared_buffers": "65536", "work_mem": "8192", "random_page_cost": "1.5"})
        assert own["shared_buffers"] == ("65536", "pending-reboot")
        assert own["work_mem"] == ("8192", "immediate")
        assert own["random_page_cost"] == ("1.5", "immediate")
        assert own["log_min_duration_statement"] == ("1000", "immediate")

    @pytest.mark.parametrize(("version", "family"), [("15", "postgres15"), ("16", "postgres16"), ("18", "postgres18")])
    def test_the_family_follows_from_the_engine(self, version: str, family: str) -> None:
        assert only(resources(engine_version=version)["aws_db_parameter_group"])["family"] == family
        assert primary(engine_version=version)["engine_version"] == version

    def test_a_minor_version_has_the_family_of_its_major_one(self) -> None:
        changes = {"engine_version": "17.7", "auto_minor_version_upgrade": False}
        assert only(resources(**changes)["aws_db_parameter_group"])["family"] == "postgres17"

    def test_a_new_family_makes_a_new_group_before_the_old_one_goes(self) -> None:
        group = only(resources()["aws_db_parameter_group"])
        assert group["lifecycle"] == {"create_before_destroy": True}
        assert group["name_prefix"] == "django-test-postgresql-"
        assert "name" not in group

    def test_a_group_of_ones_own_takes_their_place(self) -> None:
        assert primary(parameter_group_name="mine")["parameter_group_name"] == "mine"
        assert "aws_db_parameter_group" not in resources(parameter_group_name="mine")


class TestStorage:
    @pytest.mark.parametrize(
        ("changes", "limit"),
        [
            ({}, 250),
            ({"max_storage_gb": 100}, 100),
            ({"max_storage_gb": 55}, 55),
            ({"max_storage_gb": 50}, 0),
            ({"storage_gb": 20_000}, 65_536),
            ({"storage_gb": 65_536}, 0),
        ],
    )
    def test_it_grows_to_five_times_its_size_or_as_said(self, changes: dict[str, Any], limit: int) -> None:
        assert primary(**changes)["max_allocated_storage"] == limit

    def test_its_performance_is_set_where_rds_lets_it(self) -> None:
        instance = primary(storage_gb=500, iops=16_000, throughput_mibps=1000)
        assert (instance["storage_type"], instance["iops"], instance["storage_throughput"]) == ("gp3", 16_000, 1000)
        assert "iops" not in primary()

    def test_a_replica_has_the_storage_of_its_primary(self) -> None:
        changes = {"storage_gb": 200, "storage_type": "io2", "iops": 3000}
        assert [replica(**changes)[name] for name in ("storage_type", "iops")] == ["io2", 3000]
        assert "allocated_storage" not in replica(**changes)


class TestBackups:
    def test_a_final_snapshot_has_a_name_that_does_not_change(self) -> None:
        assert primary()["final_snapshot_identifier"] == "django-test-postgresql-final"
        assert primary()["skip_final_snapshot"] is False

    def test_without_a_final_snapshot_there_is_no_name_of_one(self) -> None:
        assert primary(final_snapshot=False)["skip_final_snapshot"] is True
        assert "final_snapshot_identifier" not in primary(final_snapshot=False)

    def test_the_defaults_are_those_of_production(self) -> None:
        instance = primary()
        assert instance["multi_az"] is True
        assert instance["backup_retention_period"] == 30
        assert instance["deletion_protection"] is True
        assert instance["copy_tags_to_snapshot"] is True
        assert instance["apply_immediately"] is False
        assert instance["auto_minor_version_upgrade"] is True
        assert instance["allow_major_version_upgrade"] is False
        assert instance["ca_cert_identifier"] == "rds-ca-rsa2048-g1"
        assert (instance["backup_window"], instance["maintenance_window"]) == ("03:00-04:00", "sun:04:00-sun:05:00")


class TestMonitoring:
    def test_logs_are_kept_as_long_as_said_by_groups_that_are_there_before_the_instance(self) -> None:
        groups = resources(log_retention_days=14)["aws_cloudwatch_log_group"]
        assert {group["name"]: group["retention_in_days"] for group in groups.values()} == {
            "/aws/rds/instance/django-test-postgresql/postgresql": 14,
            "/aws/rds/instance/django-test-postgresql/upgrade": 14,
        }
        assert primary()["enabled_cloudwatch_logs_exports"] == ["postgresql", "upgrade"]
        for name in groups:
            assert f"aws_cloudwatch_log_group.{name}" in primary()["depends_on"]

    def test_only_rds_for_instances_of_this_account_may_take_the_monitoring_role(self) -> None:
        (trust,) = json.loads(only(resources()["aws_iam_role"])["assume_role_policy"])["Statement"]
        assert trust["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
        assert trust["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:rds:us-east-1:123456789012:db:django-test-postgresql*"},
        }
        assert primary()["monitoring_interval"] == 60
        assert primary()["monitoring_role_arn"] == "${aws_iam_role.postgresql_monitoring.arn}"
        assert "aws_iam_role_policy_attachment.postgresql_monitoring_policy" in primary()["depends_on"]

    def test_without_monitoring_there_is_no_role(self) -> None:
        assert "aws_iam_role" not in resources(monitoring_interval_seconds=0)
        assert "monitoring_role_arn" not in primary(monitoring_interval_seconds=0)

    @pytest.mark.parametrize("days", [7, 31, 713, 731])
    def test_insights_are_kept_as_long_as_said(self, days: int) -> None:
        instance = primary(performance_insights_days=days)
        assert instance["performance_insights_enabled"] is True
        assert instance["performance_insights_retention_period"] == days

    @pytest.mark.parametrize(("mode", "days"), [("advanced", 465), ("advanced", 731), ("standard", 7)])
    def test_database_insights_are_in_the_mode_that_is_named(self, mode: str, days: int) -> None:
        instance = primary(database_insights_mode=mode, performance_insights_days=days)
        assert instance["database_insights_mode"] == mode

    def test_database_insights_stay_as_they_are_where_none_is_named(self) -> None:
        assert "database_insights_mode" not in primary()

    def test_insights_can_be_off(self) -> None:
        instance = primary(performance_insights_days=0, kms_key_arn=KEY)
        assert instance["performance_insights_enabled"] is False
        assert "performance_insights_retention_period" not in instance
        assert "performance_insights_kms_key_id" not in instance


class TestReplica:
    def test_there_is_none_unless_asked_for(self) -> None:
        assert list(resources()["aws_db_instance"]) == ["postgresql"]

    def test_it_follows_the_primary(self) -> None:
        assert replica()["replicate_source_db"] == "${aws_db_instance.postgresql.identifier}"
        assert replica()["identifier"] == "django-test-postgresql-replica"
        for name in ("engine", "username", "db_name", "password_wo", "kms_key_id", "backup_retention_period"):
            assert name not in replica(kms_key_arn=KEY)

    def test_it_is_as_large_and_as_protected_as_the_primary_unless_said(self) -> None:
        assert replica()["instance_class"] == "db.t4g.small"
        assert replica(replica_instance_class="db.t4g.medium")["instance_class"] == "db.t4g.medium"
        assert replica()["deletion_protection"] is True
        assert "engine_version" not in replica()
        minor = {"engine_version": "16.10", "auto_minor_version_upgrade": False, "replica_engine_version": "16.11"}
        assert replica(**minor)["engine_version"] == "16.11"
        assert replica()["parameter_group_name"] == primary(read_replica=True)["parameter_group_name"]

    def test_no_final_snapshot_of_it_is_tried_which_rds_cannot_make(self) -> None:
        assert replica()["skip_final_snapshot"] is True
        assert "final_snapshot_identifier" not in replica()

    def test_it_has_logs_of_its_own(self) -> None:
        names = {group["name"] for group in resources(read_replica=True)["aws_cloudwatch_log_group"].values()}
        assert "/aws/rds/instance/django-test-postgresql-replica/postgresql" in names
        assert "aws_cloudwatch_log_group.postgresql_replica_log_upgrade" in replica()["depends_on"]


def test_the_longest_prefix_leaves_names_that_aws_accepts() -> None:
    found = resources(prefix=LONGEST_PREFIX, read_replica=True)
    for instance in found["aws_db_instance"].values():
        assert len(instance["identifier"]) <= 63
    assert len(only(found["aws_iam_role"])["name"]) <= 64
    assert len(only(found["aws_db_parameter_group"])["name_prefix"]) <= 255 - 26


class TestRestored:
    SOURCE = PointInTimeInputs(instance="django-test-postgresql", at="2026-11-29T04:00:00Z")
    BESIDE = RestoredInputs(source=SOURCE, name="20261129-0400")

    def test_the_first_instance_stays_as_it_is_beside_a_restored_one(self) -> None:
        assert resources(restored=self.BESIDE)["aws_db_instance"]["postgresql"] == primary()

    def test_a_restored_one_has_the_settings_of_the_first_and_the_data_of_its_source(self) -> None:
        found = resources(restored=self.BESIDE)["aws_db_instance"]["postgresql_restored"]
        differing = {name for name in {*found, *primary()} if found.get(name) != primary().get(name)}
        logs, names = {"depends_on"}, {"identifier", "final_snapshot_identifier"}
        assert differing == logs | names | {"db_name", "username", "restore_to_point_in_time"}
        assert found["identifier"] == "django-test-postgresql-20261129-0400"
        assert found["final_snapshot_identifier"] == "django-test-postgresql-20261129-0400-final"
        assert found["restore_to_point_in_time"] == {
            "restore_time": "2026-11-29T04:00:00Z",
            "source_db_instance_identifier": "django-test-postgresql",
        }

    @pytest.mark.parametrize(("serving", "name"), [("first", "postgresql"), ("restored", "postgresql_restored")])
    def test_all_that_others_read_is_of_the_one_that_serves(self, serving: str, name: str) -> None:
        found = outputs(restored=self.BESIDE, serving=serving)
        for field in ("endpoint", "address", "arn", "resource_id", "master_username"):
            attribute = {"master_username": "username"}.get(field, field)
            assert found[field] == f"${{aws_db_instance.{name}.{attribute}}}"
        assert f"aws_db_instance.{name}.master_user_secret[0]" in found["master_secret_arn"]
        assert found["security_group_id"] == "${aws_security_group.postgresql_security_group.id}"

    def test_a_replica_stays_with_the_first_and_is_nobodys_while_the_other_serves(self) -> None:
        changes: dict[str, Any] = {"read_replica": True, "restored": self.BESIDE}
        assert replica(restored=self.BESIDE, serving="restored")["replicate_source_db"].startswith(
            "${aws_db_instance.postgresql."
        )
        assert outputs(**changes)["replica_address"] == "${aws_db_instance.postgresql_replica.address}"
        assert outputs(**changes, serving="restored")["replica_address"] == ""

    def test_where_the_first_has_gone_only_its_instance_and_logs_are_missing(self) -> None:
        alone = RestoredInputs(source=self.SOURCE, name="20261129-0400", replaces_first=True)
        both = resources(restored=self.BESIDE, serving="restored")
        left = resources(restored=alone, serving="restored")
        gone = {(kind, name) for kind, found in both.items() for name in found if name not in left[kind]}
        logs = {("aws_cloudwatch_log_group", f"postgresql_log_{name}") for name in ("postgresql", "upgrade")}
        assert gone == {("aws_db_instance", "postgresql"), *logs}

    def test_at_the_end_it_is_the_first_with_all_that_it_was_restored_with(self) -> None:
        before = resources(restored=self.BESIDE, serving="restored")
        after = resources(identifier="django-test-postgresql-20261129-0400", source=self.SOURCE)
        restored = json.dumps(before["aws_db_instance"]["postgresql_restored"]).replace(
            "postgresql_restored_", "postgresql_"
        )
        assert json.loads(restored) == after["aws_db_instance"]["postgresql"]

    @pytest.mark.parametrize(
        ("source", "given"),
        [
            (SnapshotInputs(identifier="before"), {"snapshot_identifier": "before"}),
            (
                PointInTimeInputs(instance="shop"),
                {
                    "restore_to_point_in_time": {
                        "source_db_instance_identifier": "shop", "use_latest_restorable_time": True,
                    }
                },
            ),
            (
                PointInTimeInputs(instance=f"db-{'A' * 26}", at="2026-11-29T04:00:00Z"),
                {
                    "restore_to_point_in_time": {
                        "restore_time": "2026-11-29T04:00:00Z", "source_dbi_resource_id": f"db-{'A' * 26}",
                    }
                },
            ),
        ],
    )  # fmt: skip
    def test_a_new_one_comes_with_data_and_the_names_in_it(self, source: Any, given: Json) -> None:
        found, expected = primary(source=source), {**primary(), **given}
        del expected["db_name"], expected["username"]
        assert found == expected
        assert outputs(source=source, database_name="shop")["database_name"] == "shop"
