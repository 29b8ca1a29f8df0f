"""What keeps data, and the record of who did what, from an accident. Its loss in a plan is the matter of data.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cli.review.gate.resources import Resource, Unit
from cli.review.gate.rule import Rule, UnitRule

_DATABASES = ("aws_db_instance", "aws_rds_cluster")
_REDIS = ("aws_elasticache_replication_group",)


def _of_originals(broken: Callable[[Resource], bool]) -> Callable[[Resource], bool]:
    """A rule that read replicas need not keep: RDS takes no final snapshot of one, and backs the original up.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
    """
    return lambda resource: not resource.get("replicate_source_db") and broken(resource)


def _at_least(name: str, least: int) -> Callable[[Resource], bool]:
    return lambda resource: not isinstance(resource.get(name), int) or resource.get(name) < least


def _no_final_snapshot(resource: Resource) -> bool:
    return resource.on("skip_final_snapshot") or not resource.get("final_snapshot_identifier")


def _no_access_log(resource: Resource) -> bool:
    return resource.get("load_balancer_type") != "gateway" and not resource.on("access_logs.enabled")


def _no_logs(resource: Resource) -> bool:
    return not resource.get("log_delivery_configuration") and not resource.get("enabled_cloudwatch_logs_exports")


# Parameters of PostgreSQL that confirm a transaction before it is on disk, or lose what is there.
_DURABLE = {"synchronous_commit": {"off", "local"}, "fsync": {"off", "0"}, "full_page_writes": {"off", "0"}}


def _not_durable(resource: Resource) -> Iterator[str]:
    for parameter in resource.blocks("parameter"):
        if str(parameter.get("value")).lower() in _DURABLE.get(str(parameter.get("name")), ()):
            yield f"{parameter['name']}"


def _evicts(unit: Unit) -> Iterator[str]:
    """The group of the broker, which is the only one where the cache has none of its own."""
    groups = unit.of("aws_elasticache_replication_group")
    brokers = [each for each in groups if "broker" in each.address] or groups[:1]
    used = {address for broker in brokers for address in broker.refers("parameter_group_name")}
    for parameters in unit.of("aws_elasticache_parameter_group"):
        policies = {str(each.get("value")) for each in parameters.blocks("parameter") if each.get("name") == _EVICTION}
        if parameters.address in used and not policies <= {"noeviction"}:
            yield parameters.address


_EVICTION = "maxmemory-policy"


RULES = (
    Rule(
        "protection/durability",
        ("aws_db_parameter_group", "aws_rds_cluster_parameter_group"),
        _not_durable,
        "{} makes a crash lose what was confirmed: leave it out, or set it for single transactions",
    ),
    UnitRule(
        "protection/eviction",
        _evicts,
        "a full Redis would drop tasks of the queue: set maxmemory-policy to noeviction",
    ),
    Rule(
        "protection/deletion",
        _DATABASES,
        lambda resource: not resource.on("deletion_protection"),
        "one command deletes the database: set deletion_protection to true",
    ),
    Rule(
        "protection/deletion",
        ("aws_lb",),
        lambda resource: not resource.on("enable_deletion_protection"),
        "one command deletes the load balancer: set enable_deletion_protection to true",
    ),
    Rule(
        "protection/final-snapshot",
        (*_DATABASES, *_REDIS),
        _of_originals(_no_final_snapshot),
        "it would be deleted without a snapshot: name one in final_snapshot_identifier, and set no skip_final_snapshot",
    ),
    Rule(
        "protection/backups",
        _DATABASES,
        _of_originals(_at_least("backup_retention_period", 7)),
        "a mistake that is found after a week cannot be undone: make backup_retention_period 7 days or more",
    ),
    Rule(
        "protection/backups",
        _REDIS,
        _at_least("snapshot_retention_limit", 1),
        "nothing of it can be restored: make snapshot_retention_limit 1 day or more",
    ),
    Rule(
        "protection/force-destroy",
        ("aws_backup_vault", "aws_s3_bucket", "aws_ecr_repository", "aws_route53_zone"),
        lambda resource: resource.on("force_destroy") or resource.on("force_delete"),
        "it can be deleted with all it holds: set force_destroy (of ECR: force_delete) to false",
    ),
    Rule(
        "protection/recovery-window",
        ("aws_secretsmanager_secret",),
        _at_least("recovery_window_in_days", 7),
        "a deleted secret cannot be restored: make recovery_window_in_days 7 or more",
    ),
    Rule(
        "protection/key-window",
        ("aws_kms_key",),
        lambda resource: 0 < (resource.get("deletion_window_in_days") or 30) < 30,
        "what a deleted key has encrypted is lost after that time: make deletion_window_in_days 30",
    ),
    Rule(
        "protection/log-retention",
        ("aws_cloudwatch_log_group",),
        lambda resource: not resource.get("retention_in_days"),
        "the log is kept, and paid for, for ever: set retention_in_days",
    ),
    Rule(
        "protection/access-log",
        ("aws_lb",),
        _no_access_log,
        "nobody can tell who asked for what: set access_logs.enabled to true",
    ),
    Rule(
        "protection/no-log",
        (*_DATABASES, *_REDIS),
        _no_logs,
        "nobody can tell what went wrong in it: export its logs to CloudWatch",
    ),
)
