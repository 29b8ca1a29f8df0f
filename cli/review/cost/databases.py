"""What RDS and ElastiCache charge for."""

from __future__ import annotations

from decimal import Decimal

from cli.review.cost.charge import MONTH, Factor, Findings, Note, Saving, Unpriced, charge, of, pieces
from cli.review.cost.resources import Resource


def database(database: Resource) -> Findings:
    """An instance of RDS for PostgreSQL, or a replica of one."""
    source = database.referenced("replicate_source_db", "aws_db_instance") or database
    engine = database.text("engine") or source.text("engine")
    if engine != "postgres":
        yield Unpriced(f"engine {engine or 'unknown'}")
        return
    multi_az = bool(database.get("multi_az"))
    size = database.text("instance_class")
    group, kind = ("rds_postgres_multi_az_hour", f"{size}, Multi-AZ") if multi_az else ("rds_postgres_hour", size)
    savings = {Saving.RESERVED_DATABASE} if _is_replicated(database) else {Saving.RESERVED_DATABASE, Saving.PAUSE}
    yield charge("instance", (group, size), MONTH, kind=kind, savings=savings)
    yield from _storage(database, source, prefix="multi_az_" if multi_az else "")
    if database.number("backup_retention_period"):
        yield charge("backups", ("rds", "backup_gb_month"), Factor("backup_gb", "GB"))
    if interval := database.number("monitoring_interval"):
        gb = Factor("enhanced_monitoring_gb", "GB")
        yield charge("enhanced monitoring", ("cloudwatch", "log_ingestion_gb"), gb, of(60 / interval, "a minute"))
    if database.text("database_insights_mode") == "advanced":  # with Performance Insights, however long
        yield Unpriced("Database Insights in advanced mode, which is paid by vCPU")
    elif (database.number("performance_insights_retention_period") or 0) > 7:
        yield Unpriced("Performance Insights beyond 7 days, which is paid by vCPU")
    if database.get("manage_master_user_password"):
        yield charge("secret of the master password", ("secrets_manager", "secret_month"), pieces(1, "secret"))


def vault(vault: Resource) -> Findings:
    """A vault of AWS Backup, which is paid as the backups of RDS are: https://aws.amazon.com/backup/pricing/."""
    yield charge("backups", ("rds", "backup_gb_month"), Factor("vault_gb", "GB"))
    yield Note(
        f"{vault.address}: as backups of the database; those of volumes, and what is copied there, have no price"
    )


def _is_replicated(database: Resource) -> bool:
    """Whether it is a replica or has one, so that RDS does not stop it."""
    sources = [each.referenced("replicate_source_db", "aws_db_instance") for each in database.others("aws_db_instance")]
    return database in sources or database.referenced("replicate_source_db", "aws_db_instance") is not None


def _storage(database: Resource, source: Resource, prefix: str) -> Findings:
    size = database.number("allocated_storage") or source.number("allocated_storage")
    kind = database.text("storage_type") or source.text("storage_type")
    if size is None:
        yield Unpriced("storage of unknown size")
        return
    yield charge("storage", ("rds", f"{prefix}{kind}_gb_month"), of(size, "GB"), kind=kind)
    if most := database.number("max_allocated_storage"):
        yield Note(f"{database.address}: storage as allocated, {size} GB; it may grow to {most} GB by itself")
    if kind == "gp3":
        # What PostgreSQL has without extra pay: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
        iops, throughput = (12000, 500) if size >= 400 else (3000, 125)
        if (more := (database.number("iops") or 0) - iops) > 0:
            yield charge("IOPS above the baseline", ("rds", f"{prefix}gp3_iops_month"), of(more, "IOPS"))
        if (more := (database.number("storage_throughput") or 0) - throughput) > 0:
            yield charge("throughput above the baseline", ("rds", f"{prefix}gp3_mbps_month"), of(more, "MB/s"))
    elif kind in ("io1", "io2"):
        yield charge("IOPS", ("rds", f"{prefix}{kind}_iops_month"), of(database.number("iops") or 0, "IOPS"))


def redis_group(group: Resource) -> Findings:
    """A replication group: each of its shards has a primary and replicas."""
    shards = group.number("num_node_groups") or Decimal(1)
    replicas = group.number("replicas_per_node_group") or Decimal(0)
    nodes = group.number("num_cache_clusters") or shards * (1 + replicas)
    yield from _redis_nodes(group, nodes, shards)


def redis_cluster(cluster: Resource) -> Findings:
    """A cluster without replication."""
    if cluster.text("replication_group_id"):
        return  # a node of a group, where it is counted
    yield from _redis_nodes(cluster, cluster.number("num_cache_nodes") or Decimal(1), Decimal(1))


def _redis_nodes(resource: Resource, nodes: Decimal, shards: Decimal) -> Findings:
    engine, size = resource.text("engine") or "redis", resource.text("node_type")
    price, savings = (f"elasticache_{engine}_hour", size), {Saving.RESERVED_REDIS}
    yield charge("nodes", price, pieces(nodes, "node"), MONTH, kind=size, savings=savings)
    if days := resource.number("snapshot_retention_limit"):
        gb = Factor("redis_snapshot_gb", "GB")
        yield charge("snapshots", ("elasticache", "backup_gb_month"), pieces(shards, "shard"), pieces(days, "day"), gb)
