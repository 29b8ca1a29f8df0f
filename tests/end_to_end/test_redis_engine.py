"""Redis becomes Valkey in place, with its users and parameters, with the provider as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from modules.placement import Placement
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.redis.main import Redis
from tests.cli.review.planning.trees import Tree
from tests.end_to_end import test_dns
from tests.end_to_end.test_redis_users import ACCOUNT, deployed
from tests.support import Json, module_json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

GROUP = "aws_elasticache_replication_group.redis"
PARAMETERS = "aws_elasticache_parameter_group.redis_parameters"
CACHE = RedisGroupInputs(
    node_type="cache.t4g.micro", nodes=1, automatic_failover=False, multi_az=False, snapshot_days=0
)


def redis(placement: Placement, **changes: Any) -> Json:
    inputs = RedisInputs(cache=CACHE, iam_authentication=True, **changes)
    made = module_json(lambda stack: Redis(stack, "redis", inputs=inputs, prefix="django-test", placement=placement))
    return deployed(made["resource"])


def test_each_upgrade_changes_the_group_in_place_and_takes_its_parameters_along(aws: LocalAws, tmp_path: Path) -> None:
    network = test_dns.network(aws, ACCOUNT)
    elasticache, ec2 = aws.client("elasticache", ACCOUNT), aws.client("ec2", ACCOUNT)
    group = ec2.create_security_group(GroupName="tasks", Description="Tasks", VpcId=network.vpc_id)["GroupId"]
    placement = Placement(
        vpc_id=str(network.vpc_id),
        subnet_ids=list(network.private_subnet_ids),
        application_security_group_id=group,
    )
    tree = Tree(tmp_path, redis=redis(placement))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (unit,) = deployment.units
    deployment.initialize(unit)
    deployment.apply(unit)
    for engine_version, family in (("7.2", "valkey7"), ("8.2", "valkey8")):
        changes = {"engine": "valkey", "engine_version": engine_version, "apply_immediately": True}
        tree.write("redis", redis(placement, **changes))
        assert deployment.plan(unit) == {GROUP: ["update"], PARAMETERS: ["replace"]}
        deployment.apply(unit)
        assert deployment.plan(unit) == {}
        (node,) = elasticache.describe_cache_clusters()["CacheClusters"]
        assert (node["Engine"], node["EngineVersion"]) == ("valkey", engine_version)
        (parameters,) = elasticache.describe_cache_parameter_groups()["CacheParameterGroups"]
        assert parameters["CacheParameterGroupFamily"] == family
    deployment.destroy(unit)
    assert deployment.resources(unit) == []
