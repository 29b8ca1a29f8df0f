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
