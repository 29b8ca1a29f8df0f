"""The users of Redis settle: what ElastiCache answers is what is written, with the provider as published."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from cli.terraform.tree import Unit
from modules.redis.iam_user import IamUser
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json, module_json

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
NOBODY = "aws_elasticache_user.user_nobody"


def users(**nobody: object) -> Json:
    """The users that the module makes, without their group, for which the provider waits half a minute."""
    made: Json = module_json(lambda stack: IamUser(stack, "user", name="django-test-redis"))["resource"]
    if nobody:
        default = made["aws_elasticache_user"]["user_nobody"]
        default.pop("no_password_required", None)
        default.update(nobody)
    return unit(
        "redis",
        resource={"aws_elasticache_user": made["aws_elasticache_user"]},
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


def apply_and_plan(deployment: LocalDeployment, redis: Unit) -> dict[str, list[str]]:
    deployment.apply(redis)
    return deployment.plan(redis)
