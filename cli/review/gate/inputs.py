"""Which input of an environment an argument comes from, so that a refusal names what its reader can change."""

from __future__ import annotations

import re
from collections.abc import Mapping

_POSTGRESQL = {
    "allocated_storage": "postgresql.storage_gb",
    "backup_retention_period": "postgresql.backup_days",
    "db_name": "postgresql.database_name",
    "db_subnet_group_name": "postgresql.subnet_group_name",
    "deletion_protection": "postgresql.deletion_protection",
    "final_snapshot_identifier": "postgresql.final_snapshot",
    "identifier": "postgresql.identifier",
    "kms_key_id": "postgresql.kms_key_arn",
    "port": "postgresql.port",
    "restore_to_point_in_time": "postgresql.source",
    "skip_final_snapshot": "postgresql.final_snapshot",
    "snapshot_identifier": "postgresql.source",
    "username": "postgresql.master_username",
}
_RESTORED = {
    **_POSTGRESQL,
    "restore_to_point_in_time": "postgresql.restored.source",
    "snapshot_identifier": "postgresql.restored.source",
}


def _redis(group: str) -> dict[str, str]:
    return {
        "engine": "redis.engine",
        "engine_version": "redis.engine_version",
        "final_snapshot_identifier": f"redis.{group}.final_snapshot",
        "kms_key_id": "redis.kms_key_arn",
        "node_type": f"redis.{group}.node_type",
        "port": "redis.port",
        "replication_group_id": f"redis.{group}.replication_group_id",
        "snapshot_name": f"redis.{group}.snapshot_name",
        "snapshot_retention_limit": f"redis.{group}.snapshot_days",
        "subnet_group_name": "redis.subnet_group_name",
    }


# By address, or by type where all resources of one type are alike.
INPUTS: Mapping[str, Mapping[str, str]] = {
    "aws_acm_certificate.certificate": {
        "domain_name": "cloudflare_dns.record_name",
        "key_algorithm": "certificate.key_algorithm",
        "subject_alternative_names": "certificate.subject_alternative_names",
    },
    "aws_db_instance.postgresql": _POSTGRESQL,
    "aws_db_instance.postgresql_replica": _POSTGRESQL,
    "aws_db_instance.postgresql_restored": _RESTORED,
    "aws_db_subnet_group.postgresql_subnet_group": {"name": "postgresql.subnet_group_name"},
    "aws_ecs_cluster.cluster": {"name": "django_service.cluster.name"},
    "aws_elasticache_replication_group.redis": _redis("cache"),
    "aws_elasticache_replication_group.redis_broker": _redis("broker"),
    "aws_elasticache_subnet_group.redis_subnet_group": {"name": "redis.subnet_group_name"},
    "aws_lb.load_balancer": {
        "enable_deletion_protection": "django_service.load_balancer.deletion_protection",
        "internal": "django_service.load_balancer.internal",
        "name": "django_service.load_balancer.name",
    },
    "aws_s3_bucket.load_balancer_access_logs": {
        "bucket": "django_service.load_balancer.access_log_bucket",
        "force_destroy": "django_service.load_balancer.delete_access_logs",
    },
    "aws_secretsmanager_secret.secret_key": {"recovery_window_in_days": "django_service.secret_key.recovery_days"},
    "aws_subnet": {"availability_zone": "network.zones", "cidr_block": "network.cidr"},
    "aws_vpc": {"cidr_block": "network.cidr"},
    "cloudflare_dns_record.record": {"zone_id": "cloudflare_dns.zone_id"},
}


def input_of(address: str, argument: str) -> str | None:
    """The path of the input in the environment, such as `postgresql.database_name`; None where nobody knows."""
    kind = address.partition(".")[0]
    address = re.sub(r"(?<=\.certificate)_version_\d+$", "", address)
    return {**INPUTS.get(kind, {}), **INPUTS.get(address, {})}.get(argument)
