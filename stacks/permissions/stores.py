"""RDS and ElastiCache: PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from modules.postgresql.source_inputs import SnapshotInputs
from stacks.permissions.scope import Scope, calls

_DESCRIBED_RDS = """
    DescribeDBInstances DescribeDBParameterGroups DescribeDBParameters DescribeDBSubnetGroups ListTagsForResource
"""
_DESCRIBED_ELASTICACHE = """
    DescribeCacheClusters DescribeCacheParameterGroups DescribeCacheParameters DescribeCacheSubnetGroups
    DescribeReplicationGroups DescribeUserGroups DescribeUsers ListTagsForResource
"""

_RDS = """
    AddTagsToResource CreateDBInstance CreateDBInstanceReadReplica CreateDBParameterGroup CreateDBSnapshot
    CreateDBSubnetGroup DeleteDBInstance DeleteDBParameterGroup DeleteDBSubnetGroup DescribeDBSnapshots ModifyDBInstance
    ModifyDBParameterGroup ModifyDBSubnetGroup PromoteReadReplica RebootDBInstance RemoveTagsFromResource
    ResetDBParameterGroup
"""
_ELASTICACHE = """
    AddTagsToResource CreateCacheParameterGroup CreateCacheSubnetGroup CreateReplicationGroup CreateSnapshot CreateUser
    CreateUserGroup DecreaseReplicaCount DeleteCacheParameterGroup DeleteCacheSubnetGroup DeleteReplicationGroup
    DeleteUser DeleteUserGroup DescribeSnapshots IncreaseReplicaCount ModifyCacheParameterGroup ModifyCacheSubnetGroup
    ModifyReplicationGroup ModifyUser ModifyUserGroup RemoveTagsFromResource ResetCacheParameterGroup
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """All of the account and region: both services list all of a kind where one is asked for."""
    described = {"rds": _DESCRIBED_RDS}
    if scope.environment.redis:
        described["elasticache"] = _DESCRIBED_ELASTICACHE
    yield Statement(
        sid="DescribeStores",
        actions=[action for service, names in described.items() for action in calls(service, names)],
        resources=[scope.arn(service, "*") for service in described],
    )


def change(scope: Scope) -> Iterator[Statement]:
    """Whatever has the names of the environment's stores."""
    instances = [scope.arn("rds", f"{kind}:{scope.prefix}-postgresql*") for kind in ("db", "pg", "snapshot", "subgrp")]
    instances += [scope.arn("rds", name) for name in _given_names(scope)]
    yield Statement(
        sid="PostgreSQL",
        actions=calls("rds", _RDS),
        resources=[*instances, scope.arn("rds", "og:default:postgres-*")],
    )
    postgresql, redis = scope.environment.postgresql, scope.environment.redis
    if redis:
        kinds = ("cluster", "parametergroup", "replicationgroup", "snapshot", "subnetgroup", "user", "usergroup")
        yield Statement(
            sid="Redis",
            actions=calls("elasticache", _ELASTICACHE),
            resources=[
                *(scope.arn("elasticache", f"{kind}:{scope.prefix}-redis*") for kind in kinds),
                *(scope.arn("elasticache", name) for name in _given_names_of_redis(scope)),
            ],
        )
    yield from _restore(scope)
    if postgresql.parameter_group_name:
        yield Statement(
            sid="PostgreSQLParameters",
            actions=calls("rds", "CreateDBInstance CreateDBInstanceReadReplica ModifyDBInstance"),
            resources=[scope.arn("rds", f"pg:{postgresql.parameter_group_name}")],
        )
    yield from _restore_redis(scope)
    names = [group.parameter_group_name for group in (redis.cache, redis.broker) if group] if redis else []
    if groups := [scope.arn("elasticache", f"parametergroup:{name}") for name in names if name]:
        yield Statement(
            sid="RedisParameters",
            actions=calls("elasticache", "CreateReplicationGroup ModifyReplicationGroup"),
            resources=groups,
        )


def _given_names(scope: Scope) -> Iterator[str]:
    """What of RDS has a name that does not begin as all others do."""
    for identifier in scope.given_databases():
        yield from (f"db:{identifier}", f"snapshot:{identifier}-*")
    if name := scope.environment.postgresql.subnet_group_name:
        yield f"subgrp:{name}"


def _given_names_of_redis(scope: Scope) -> Iterator[str]:
    """The same of ElastiCache, which numbers the nodes of a group."""
    for group in scope.given_redis_groups():
        yield from (f"replicationgroup:{group}", f"cluster:{group}-*", f"snapshot:{group}-*")
    if scope.environment.redis and (name := scope.environment.redis.subnet_group_name):
        yield f"subnetgroup:{name}"


def _restore(scope: Scope) -> Iterator[Statement]:
    """Restoring what the data of its instances comes from, which may have any name, to what has the environment's."""
    postgresql = scope.environment.postgresql
    if not postgresql.sources:
        return
    resources = [scope.arn("rds", f"{kind}:{scope.prefix}-postgresql*") for kind in ("db", "pg", "subgrp")]
    if postgresql.parameter_group_name:
        resources.append(scope.arn("rds", f"pg:{postgresql.parameter_group_name}"))
    for source in postgresql.sources:
        if isinstance(source, SnapshotInputs):
            resources.append(scope.arn("rds", f"snapshot:{source.identifier}"))
        else:
            # Retained backups of an instance that was deleted are named by no identifier.
            kept = scope.arn("rds", "auto-backup:*")
            resources.append(kept if source.is_resource_id else scope.arn("rds", f"db:{source.instance}"))
    yield Statement(
        sid="RestorePostgreSQL",
        actions=calls("rds", "RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime"),
        resources=[*dict.fromkeys(resources), scope.arn("rds", "og:default:postgres-*")],
    )


def _restore_redis(scope: Scope) -> Iterator[Statement]:
    redis = scope.environment.redis
    groups = [redis.cache, redis.broker] if redis else []
    if snapshots := [group.snapshot_name for group in groups if group and group.snapshot_name]:
        yield Statement(
            sid="RestoreRedis",
            actions=calls("elasticache", "CreateReplicationGroup"),
            resources=[scope.arn("elasticache", f"snapshot:{name}") for name in dict.fromkeys(snapshots)],
        )
