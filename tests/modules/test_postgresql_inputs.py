"""Inputs of PostgreSQL: what RDS would refuse is refused before, in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from modules.validation import InvalidInput, validate

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/mine"
REPLICA = {"read_replica": True, "auto_minor_version_upgrade": False}


def inputs(**changes: Any) -> PostgreSQLInputs:
    return PostgreSQLInputs(**{"instance_class": "db.t4g.small", "storage_gb": 50, **changes})


BESIDE = RestoredInputs(source=SnapshotInputs(identifier="before"), name="one")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"source": SnapshotInputs(identifier="arn:aws:rds:us-east-1:210987654321:snapshot:theirs")},
            (
                "source.identifier: 'arn:aws:rds:us-east-1:210987654321:snapshot:theirs' is an ARN, as of a snapshot "
                "that is shared or of another region: copy it by `aws rds copy-db-snapshot --kms-key-id …`, and give "
            ),
        ),
        (
            {"source": SnapshotInputs(identifier="Two Words")},
            "source.identifier: 'Two Words' is not a valid name of a snapshot: write its name",
        ),
        ({"source": SnapshotInputs(identifier="a", owner="rds_x")}, "source.owner: 'rds_x' is no name of a role: "),
        ({"source": PointInTimeInputs(instance="-")}, "source.instance: '-' is not a valid name of an instance: "),
        (
            {"source": PointInTimeInputs(instance="shop", at="2026-11-31T04:00:00Z")},
            "source.at: '2026-11-31T04:00:00Z' is not a moment in UTC: write it as 2026-11-29T04:00:00Z",
        ),
        (
            {"restored": replace(BESIDE, name="replica")},
            "restored.name: replica is the end of another name: choose another one, as 20261129-0400",
        ),
        (
            {"identifier": "django-prod-postgresql-one", "restored": BESIDE},
            "restored.name: one is the first instance's: choose another one",
        ),
        ({"restored": replace(BESIDE, name="One")}, "restored.name: 'One' is not a valid end of an identifier: "),
        ({"serving": "restored"}, "serving: there is no restored instance: remove it, or give restored=…"),
        (
            {"restored": replace(BESIDE, replaces_first=True)},
            (
                "restored.replaces_first: the first instance serves, and would be destroyed: "
                'set serving to "restored" in a deployment before'
            ),
        ),
        (
            {"restored": replace(BESIDE, replaces_first=True), "serving": "restored", "read_replica": True},
            "restored.replaces_first: the replica is of the first instance, and would be destroyed with it: ",
        ),
    ],
)
def test_sources_that_rds_refuses_and_instances_that_would_be_lost_are_refused(
    changes: dict[str, Any], line: str
) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"engine_version": "14"}, "engine_version: '14' is no version of PostgreSQL from 15 on: choose 15, 16, "),
        ({"engine_version": "16.3.1"}, "engine_version: '16.3.1' is no version of PostgreSQL from 15 on: "),
        ({"engine_version": "61"}, "engine_version: '61' is no version of PostgreSQL from 15 on: "),
        (
            {"engine_version": "16.11"},
            (
                "engine_version: 16.11 does not stay with auto_minor_version_upgrade: "
                'write "16", or set auto_minor_version_upgrade to False'
            ),
        ),
        (
            {"engine_version": "17", "allow_major_version_upgrade": True},
            (
                "allow_major_version_upgrade: the raise would wait for the maintenance window, and every deployment "
                "until then would fail: set apply_immediately to True for it"
            ),
        ),
        ({"instance_class": "t4g.small"}, "instance_class: 't4g.small' is no instance class: write it as "),
        ({"instance_class": "db.t4g"}, "instance_class: 'db.t4g' is no instance class: "),
        (
            {"replica_instance_class": "db.t4g.small"},
            "replica_instance_class: there is no replica: remove it, or set read_replica to True",
        ),
        (
            {"replica_instance_class": "huge", "read_replica": True},
            "replica_instance_class: 'huge' is no instance class: ",
        ),
        ({"port": 443}, "port: RDS has no port 443: choose 1150 to 65535"),
        ({"port": 65536}, "port: RDS has no port 65536: "),
    ],
)
def test_wrong_engines_and_instances_are_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"storage_gb": 19}, "storage_gb: gp3 cannot be 19 GB: choose 20 to 65536"),
        ({"storage_gb": 65_537}, "storage_gb: gp3 cannot be 65537 GB: "),
        ({"storage_gb": 10**5000}, "storage_gb: gp3 cannot be a huge number GB: "),
        ({"storage_type": "io2", "storage_gb": 99}, "storage_gb: io2 cannot be 99 GB: choose 100 to 65536"),
        ({"max_storage_gb": 40}, "max_storage_gb: 50 GB cannot grow to 40 GB: choose 55 to 65536, or 50 to never grow"),
        ({"max_storage_gb": 54}, "max_storage_gb: 50 GB cannot grow to 54 GB: "),
        ({"max_storage_gb": 65_537}, "max_storage_gb: 50 GB cannot grow to 65537 GB: "),
        (
            {"storage_gb": 60_000, "max_storage_gb": 65_000},
            "max_storage_gb: 60000 GB cannot grow to 65000 GB: choose 60000 to never grow",
        ),
        (
            {"iops": 3000},
            "iops: cannot be set for gp3 below 400 GB: remove it, or set storage_gb to 400 or more",
        ),
        ({"throughput_mibps": 125}, "throughput_mibps: cannot be set for gp3 below 400 GB: "),
        ({"storage_gb": 400, "iops": 3000}, "iops: gp3 has no 3000 IOPS: choose 12000 to 64000"),
        ({"storage_gb": 400, "iops": 64_001}, "iops: gp3 has no 64001 IOPS: "),
        (
            {"storage_gb": 400, "throughput_mibps": 499},
            "throughput_mibps: gp3 of 12000 IOPS has no 499 MiB/s: choose 500 to 3000",
        ),
        (
            {"storage_gb": 400, "iops": 64_000, "throughput_mibps": 4001},
            "throughput_mibps: gp3 of 64000 IOPS has no 4001 MiB/s: choose 500 to 4000",
        ),
        (
            {"storage_type": "io1", "storage_gb": 100},
            "iops: io1 of 100 GB cannot have None IOPS: choose 1000 to 5000",
        ),
        (
            {"storage_type": "io1", "storage_gb": 100, "iops": 5001},
            "iops: io1 of 100 GB cannot have 5001 IOPS: choose 1000 to 5000",
        ),
        (
            {"storage_type": "io2", "storage_gb": 3000, "iops": 1499},
            "iops: io2 of 3000 GB cannot have 1499 IOPS: choose 1500 to 256000",
        ),
        (
            {"storage_type": "io1", "storage_gb": 100, "iops": 1000, "throughput_mibps": 500},
            "throughput_mibps: cannot be set for io1: remove it: it follows from iops",
        ),
    ],
)
def test_wrong_storage_is_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"database_name": "my-app"}, "database_name: 'my-app' is no name of a database: use 1 to 63 of a-z, "),
        ({"database_name": "1app"}, "database_name: '1app' is no name of a database: "),
        ({"database_name": "a" * 64}, "is no name of a database: "),
        ({"database_name": ""}, "database_name: '' is no name of a database: "),
        ({"database_name": "user"}, "database_name: user is reserved: choose another name"),
        ({"database_name": "template1"}, "database_name: template1 is reserved: "),
        ({"master_username": "admin"}, "master_username: admin is reserved: choose another name"),
        ({"master_username": "rdsadmin"}, "master_username: rdsadmin is reserved: "),
        ({"master_username": "rds_superuser"}, "master_username: rds_superuser is reserved: "),
        ({"master_username": "pg_owner"}, "master_username: pg_owner is reserved: "),
        ({"master_username": "table"}, "master_username: table is reserved: "),
        ({"master_username": "public"}, "master_username: public is reserved: "),
        ({"master_username": "migrator_role"}, "master_username: migrator_role is reserved: "),
        ({"master_username": "Master"}, "master_username: 'Master' is no name of a user: "),
    ],
)
def test_names_that_postgresql_or_rds_keep_are_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"backup_days": 36}, "backup_days: RDS cannot keep backups for 36 days: choose 1 to 35, or 0 for none"),
        ({"backup_days": -1}, "backup_days: RDS cannot keep backups for -1 days: "),
        (
            {"backup_days": 0, "read_replica": True},
            "backup_days: a read replica is made of backups: choose 1 to 35",
        ),
        ({"backup_window": "3-4"}, "backup_window: '3-4' is no window of a day: write it as "),
        ({"backup_window": "03:00-03:29"}, "backup_window: 03:00-03:29 is 29 minutes: choose 30 minutes or more"),
        ({"maintenance_window": "04:00-05:00"}, "maintenance_window: '04:00-05:00' is no window of a week: "),
        (
            {"maintenance_window": "sun:04:00-sun:04:29"},
            "maintenance_window: sun:04:00-sun:04:29 is 29 minutes: choose 30 minutes or more",
        ),
        (
            {"maintenance_window": "sun:03:30-sun:04:30"},
            (
                "backup_window: 03:00-04:00 meets maintenance_window sun:03:30-sun:04:30: "
                "choose windows that do not overlap"
            ),
        ),
        ({"backup_window": "23:30-00:30", "maintenance_window": "mon:00:00-mon:01:00"}, "23:30-00:30 meets "),
        ({"maintenance_window": "sun:04:00-mon:04:00"}, "backup_window: 03:00-04:00 meets "),
    ],
)
def test_wrong_backups_and_windows_are_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"parameters": {"rds.force_ssl": "0"}},
            "parameters['rds.force_ssl']: is always 1: remove it: nothing connects without TLS",
        ),
        ({"parameters": {"work mem": "1"}}, "parameters['work mem']: is no name of a parameter: "),
        ({"parameters": {"Work_Mem": "1"}}, "parameters['Work_Mem']: is no name of a parameter: "),
        ({"parameters": {"work_mem": ""}}, "parameters['work_mem']: has no value: "),
        (
            {"parameters": {"work_mem": "1"}, "parameter_group_name": "mine"},
            "parameters: have no effect with parameter_group_name: set them in that group",
        ),
        ({"parameter_group_name": "my--group"}, "parameter_group_name: 'my--group' is no name of a parameter group: "),
        (
            {"parameter_group_name": "default.postgres16"},
            (
                "parameter_group_name: default.postgres16 is RDS's own, which sets none of this project's parameters "
                "and cannot be changed: remove it, or name a group of your own"
            ),
        ),
        ({"log_exports": ("postgresql", "postgresql")}, "log_exports: one log is named twice: "),
        ({"log_retention_days": 10}, "log_retention_days: CloudWatch has no retention of 10 days: "),
        (
            {"performance_insights_days": 30},
            (
                "performance_insights_days: Performance Insights cannot keep data for 30 days: "
                "choose 7, a multiple of 31 up to 713, 731, or 0 for off"
            ),
        ),
        ({"performance_insights_days": 744}, "performance_insights_days: "),
        (
            {"database_insights_mode": "advanced", "performance_insights_days": 434},
            (
                "database_insights_mode: is advanced, which needs Performance Insights for 465 days or more, and has "
                "434: set performance_insights_days to 465"
            ),
        ),
        ({"database_insights_mode": "full"}, "database_insights_mode: got 'full': give one of 'standard', 'advanced'"),
        ({"performance_insights_days": -31}, "performance_insights_days: "),
        ({"monitoring_interval_seconds": 20}, "monitoring_interval_seconds: got 20: give one of 0, 1, 5, 10, "),
        ({"kms_key_arn": ALIAS}, "is no ARN of a KMS key: give the key's own ARN, not its id or alias"),
        ({"master_secret_kms_key_arn": "mine"}, "master_secret_kms_key_arn: 'mine' is no ARN of a KMS key: "),
        (
            {"master_password_version": 2},
            (
                "master_password_version: without read_replica RDS draws the password, every 7 days: "
                "remove it, and rotate the secret in Secrets Manager"
            ),
        ),
        ({"master_password_version": 0, "read_replica": True}, "master_password_version: got 0: count up from 1"),
        (
            {"read_replica": True, "allow_major_version_upgrade": True, "apply_immediately": True},
            (
                "allow_major_version_upgrade: the replica would get the parameter group of a version that it does not "
                "have yet: set read_replica to False in a deployment before, and to True in one after"
            ),
        ),
        ({"replica_engine_version": "16.11"}, "replica_engine_version: there is no replica: remove it, or set "),
        (
            {**REPLICA, "replica_engine_version": "16"},
            "replica_engine_version: '16' is not a minor version: write it as 16.11",
        ),
        (
            {**REPLICA, "replica_engine_version": "17.6"},
            "replica_engine_version: 17.6 is not a version of 16: choose a minor version of 16",
        ),
        (
            {"read_replica": True, "replica_engine_version": "16.11"},
            "replica_engine_version: 16.11 does not stay with auto_minor_version_upgrade: remove it, or set ",
        ),
        (
            {**REPLICA, "engine_version": "16.11", "replica_engine_version": "16.9"},
            "replica_engine_version: 16.9 is below engine_version, 16.11: raise it first, and engine_version in a ",
        ),
    ],
)
def test_wrong_parameters_monitoring_and_keys_are_refused(changes: dict[str, Any], line: str) -> None:
    _refused(changes, line)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"engine_version": "15"},
        {"engine_version": "17.7", "auto_minor_version_upgrade": False},
        {"storage_gb": 20, "max_storage_gb": 22},
        {"storage_gb": 400, "iops": 12_000, "throughput_mibps": 500},
        {"storage_type": "io1", "storage_gb": 100, "iops": 1000},
        {"storage_type": "io2", "storage_gb": 65_536, "iops": 256_000},
        {"backup_days": 0},
        {"backup_window": "23:30-00:00", "maintenance_window": "Mon:00:00-Mon:00:30"},
        {"database_name": "postgres", "master_username": "a" * 63},
        {"parameters": {"shared_buffers": "{DBInstanceClassMemory/32768}", "pg_stat_statements.max": "10000"}},
        {"parameter_group_name": "defaults.postgres16"},
        {"performance_insights_days": 713, "log_exports": ()},
        {"kms_key_arn": KEY, "master_secret_kms_key_arn": KEY},
        {"read_replica": True, "master_password_version": 7, "replica_instance_class": "db.r7g.2xlarge"},
        {**REPLICA, "engine_version": "16.9", "replica_engine_version": "16.11"},
        {**REPLICA, "engine_version": "16.11", "replica_engine_version": "16.11"},
        {"allow_major_version_upgrade": True, "apply_immediately": True},
    ],
)
def test_what_rds_accepts_is_accepted(changes: dict[str, Any]) -> None:
    validate(inputs(**changes))


def _refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(inputs(**changes))
    assert line in str(error.value)
    assert "\n" not in str(error.value)
