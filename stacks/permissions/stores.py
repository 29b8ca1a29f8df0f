"""RDS and ElastiCache: PostgreSQL and Redis."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
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
            resources=[scope.arn("elasticache", f"{kind}:{scope.prefix}-redis*") for kind in kinds],
        )
    if postgresql.parameter_group_name:
        yield Statement(
            sid="PostgreSQLParameters",
            actions=calls("rds", "CreateDBInstance CreateDBInstanceReadReplica ModifyDBInstance"),
            resources=[scope.arn("rds", f"pg:{postgresql.parameter_group_name}")],
        )
    names = [group.parameter_group_name for group in (redis.cache, redis.broker) if group] if redis else []
    if groups := [scope.arn("elasticache", f"parametergroup:{name}") for name in names if name]:
        yield Statement(
            sid="RedisParameters",
            actions=calls("elasticache", "CreateReplicationGroup ModifyReplicationGroup"),
            resources=groups,
        )
