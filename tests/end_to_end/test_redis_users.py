"""The users of Redis settle: what ElastiCache answers is what is written, with the provider as published."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from cli.terraform.tree import Unit
from modules.placement import Placement
from modules.redis.iam_user import IamUser
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.redis.main import Redis
from tests.cli.review.planning.trees import Tree, unit
from tests.end_to_end import test_dns
from tests.support import Json, module_json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "111122223333"
NOBODY = "aws_elasticache_user.user_nobody"


def users(**nobody: object) -> Json:
    """The users that the module makes, without their group, for which the provider waits half a minute."""
    made: Json = module_json(lambda stack: IamUser(stack, "user", name="django-test-redis"))["resource"]
    if nobody:
        default = made["aws_elasticache_user"]["user_nobody"]
        default.pop("no_password_required", None)
        default.update(nobody)
    return deployed({"aws_elasticache_user": made["aws_elasticache_user"]})


def deployed(resources: Json) -> Json:
    return unit(
        "redis",
        resource=resources,
        provider={"aws": [{"region": "us-east-1", "allowed_account_ids": [ACCOUNT]}]},
        terraform={"required_providers": {"aws": {"source": "hashicorp/aws", "version": AWS_VERSION}}},
    )


def test_a_second_plan_is_empty_and_so_it_becomes_where_the_mode_of_the_default_user_was_written_out(
    aws: LocalAws, tmp_path: Path
) -> None:
    tree = Tree(tmp_path, redis=users(authentication_mode={"type": "no-password-required"}))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (redis,) = deployment.units
    deployment.initialize(redis)
    assert apply_and_plan(deployment, redis) == {NOBODY: ["update"]}, "ElastiCache answers no-password"
    tree.write("redis", users())
    assert apply_and_plan(deployment, redis) == {}


def test_they_are_deleted_when_redis_has_left_their_group(aws: LocalAws, tmp_path: Path) -> None:
    network = test_dns.network(aws, ACCOUNT)
    ec2 = aws.client("ec2", ACCOUNT)
    group = ec2.create_security_group(GroupName="tasks", Description="Tasks", VpcId=network.vpc_id)["GroupId"]
    placement = Placement(
        vpc_id=str(network.vpc_id),
        subnet_ids=list(network.private_subnet_ids),
        application_security_group_id=group,
    )
    cache = RedisGroupInputs(
        node_type="cache.t4g.micro", nodes=1, automatic_failover=False, multi_az=False, snapshot_days=0
    )

    def redis(*, on: bool) -> Json:
        inputs = RedisInputs(cache=cache, iam_authentication=on, apply_immediately=True)
        made = module_json(
            lambda stack: Redis(stack, "redis", inputs=inputs, prefix="django-test", placement=placement)
        )
        return deployed(made["resource"])

    tree = Tree(tmp_path, redis=redis(on=True))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (of_redis,) = deployment.units
    deployment.initialize(of_redis)
    deployment.apply(of_redis)
    tree.write("redis", redis(on=False))
    assert apply_and_plan(deployment, of_redis) == {}
    assert not [address for address in deployment.resources(of_redis) if "aws_elasticache_user" in address]


def apply_and_plan(deployment: LocalDeployment, redis: Unit) -> dict[str, list[str]]:
    deployment.apply(redis)
    return deployment.plan(redis)
