"""What is imported keeps its name, and everything that names it follows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.redis.inputs import RedisGroupInputs
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import line, problems
from stacks.config.conflicts import conflicts
from stacks.config.schema import Environment, S3State
from stacks.permissions import boundary, policies
from stacks.permissions.scope import Scope
from tests.configurations import changed
from tests.support import environment

RUNTIME = RuntimeInputs(
    log_groups={"web": "/aws/ecs/old", "migrate": "old-migrate"},
    role_names={"web-task": "old-web", "migrate-execution": "old-ecs"},
)
GIVEN: dict[str, Any] = {
    "postgresql.identifier": "old-db",
    "postgresql.subnet_group_name": "old db subnets",
    "redis.cache.replication_group_id": "old-cache",
    "redis.subnet_group_name": "old-cache-subnets",
    "django_service.load_balancer": LoadBalancerInputs(name="old-alb", access_log_bucket="old-alb-logs"),
    "django_service.cluster": EcsClusterInputs(name="old_cluster"),
    "django_service.runtime": RUNTIME,
}


def given(**more: Any) -> Environment:
    found = environment()
    for path, value in {**GIVEN, **more}.items():
        found = changed(found, tuple(path.split(".")), value)
    return found


def wrong(of: Environment) -> list[str]:
    return [line(problem) for problem in problems(of)]


def test_what_a_user_names_is_right() -> None:
    assert wrong(given()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"postgresql.identifier": "Old-db"}, "postgresql.identifier"),
        ({"postgresql.identifier": "old--db"}, "postgresql.identifier"),
        ({"postgresql.identifier": "a" * 64}, "postgresql.identifier"),
        ({"postgresql.identifier": "a" * 56, "postgresql.read_replica": True}, "postgresql.identifier"),
        ({"postgresql.subnet_group_name": "default"}, "postgresql.subnet_group_name"),
        ({"redis.cache.replication_group_id": "old-"}, "redis.cache.replication_group_id"),
        ({"redis.cache.replication_group_id": "a" * 41}, "redis.cache.replication_group_id"),
        ({"redis.subnet_group_name": "old_subnets"}, "redis.subnet_group_name"),
        ({"django_service.load_balancer.name": "internal-old"}, "django_service.load_balancer.name"),
        ({"django_service.load_balancer.name": "a" * 33}, "django_service.load_balancer.name"),
        (
            {"django_service.load_balancer.access_log_bucket": "sthree-old"},
            "django_service.load_balancer.access_log_bucket",
        ),
        ({"django_service.cluster.name": "old cluster"}, "django_service.cluster.name"),
        ({"django_service.cluster.existing": "shared"}, "django_service.cluster.name"),
        ({"django_service.runtime.log_groups": {"web": "aws/web"}}, "django_service.runtime.log_groups['web']"),
        ({"django_service.runtime.log_groups": {"wbe": "/web"}}, "django_service.runtime.log_groups['wbe']"),
        ({"django_service.runtime.role_names": {"web-task": "a/b"}}, "django_service.runtime.role_names['web-task']"),
        ({"django_service.runtime.role_names": {"web": "a"}}, "django_service.runtime.role_names['web']"),
        (
            {"django_service.runtime.task_role_arn": "arn:aws:iam::123456789012:role/own"},
            "django_service.runtime.role_names['web-task']",
        ),
        # Two with one name.
        (
            {
                "redis.broker": RedisGroupInputs(node_type="cache.t4g.small", replication_group_id="old-cache"),
            },
            "redis.broker.replication_group_id",
        ),
        (
            {"django_service.runtime.log_groups": {"web": "/old", "migrate": "/old"}},
            "django_service.runtime.log_groups['migrate']",
        ),
        (
            {"django_service.runtime.log_groups": {"web": "/ecs/django-test/migrate"}},
            "django_service.runtime.log_groups['web']",
        ),
        (
            {"django_service.runtime.role_names": {"web-task": "old", "web-execution": "old"}},
            "django_service.runtime.role_names['web-execution']",
        ),
        ({"state": S3State(bucket="old-alb-logs")}, "django_service.load_balancer.access_log_bucket"),
    ],
)
def test_a_name_that_aws_would_refuse_is_refused_in_one_line(changes: dict[str, Any], field: str) -> None:
    (problem,) = wrong(given(**changes))
    assert problem.startswith(f"{field}: ")


def test_two_environments_of_an_account_do_not_import_the_same() -> None:
    one = given()
    other = replace(given(), name="other")
    found = [
        line(problem).partition(": ")[2].partition(": ")[0]
        for problem in conflicts({"test.py": one, "other.py": other}, asked=["other.py"], wrong=[], names=None)
    ]
    assert {*GIVEN} - {"django_service.runtime", "django_service.cluster", "django_service.load_balancer"} <= {*found}
    assert {
        "django_service.cluster.name",
        "django_service.load_balancer.name",
        "django_service.load_balancer.access_log_bucket",
        "django_service.runtime.log_groups['web']",
        "django_service.runtime.role_names['web-task']",
    } <= {*found}
    elsewhere = replace(other, account_id="210987654321")
    assert not [
        problem
        for problem in conflicts({"test.py": one, "other.py": elsewhere}, asked=["other.py"], wrong=[], names=None)
        if "old" in line(problem)
    ]


ARNS = {
    "arn:aws:rds:us-east-1:123456789012:db:old-db",
    "arn:aws:rds:us-east-1:123456789012:db:old-db-replica",
    "arn:aws:rds:us-east-1:123456789012:snapshot:old-db-*",
    "arn:aws:rds:us-east-1:123456789012:subgrp:old db subnets",
    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/rds/instance/old-db/*",
    "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:old-cache",
    "arn:aws:elasticache:us-east-1:123456789012:cluster:old-cache-*",
    "arn:aws:elasticache:us-east-1:123456789012:subnetgroup:old-cache-subnets",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/old-alb/*",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/old-alb/*",
    "arn:aws:s3:::old-alb-logs",
    "arn:aws:ecs:us-east-1:123456789012:cluster/old_cluster",
    "arn:aws:logs:us-east-1:123456789012:log-group:/aws/ecs/old",
    "arn:aws:logs:us-east-1:123456789012:log-group:old-migrate:*",
    "arn:aws:iam::123456789012:role/old-web",
    "arn:aws:iam::123456789012:role/old-ecs",
}


def reached(of: Environment) -> set[str]:
    """The ARNs in the policies of the role that deploys."""
    documents = policies.change(Scope(of)).values()
    return set(re.findall(r"'(arn:[^']+)'", " ".join(map(str, documents))))


def test_the_roles_of_a_pipeline_reach_what_is_named_and_no_more_by_a_wildcard() -> None:
    after = reached(given(**{"postgresql.read_replica": True}))
    assert after >= ARNS
    before = reached(environment(postgresql=replace(environment().postgresql, read_replica=True)))
    assert all("old" in arn for arn in after - before)


def test_the_boundary_lets_tasks_use_what_is_named() -> None:
    statements = {each.sid: each for each in boundary.statements(Scope(given()))}
    assert "arn:aws:logs:us-east-1:123456789012:log-group:/aws/ecs/old:*" in statements["Logs"].resources
    assert "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:old-cache" in statements["Redis"].resources
    assert "arn:aws:rds:us-east-1:123456789012:db:old-db" in str(statements["MasterPassword"].condition)
