"""The longest project and name that an environment takes give each resource a name that AWS takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from modules.load_balancer.route_inputs import RouteInputs
from modules.validation import problems
from stacks.config.application_inputs import FurtherWebInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from stacks.units import bootstrap
from tests.alternatives import BASE
from tests.configurations import changed
from tests.support import Json, environment, read_output

# By the type of a resource: the argument that names it, and how many characters AWS takes. Each type's page of the API
# says so, such as https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
LIMITS = {
    "aws_db_instance": ("identifier", 63),
    "aws_db_parameter_group": ("name", 255),
    "aws_db_subnet_group": ("name", 255),
    "aws_ecs_cluster": ("name", 255),
    "aws_ecs_service": ("name", 255),
    "aws_ecs_task_definition": ("family", 255),
    "aws_elasticache_parameter_group": ("name", 255),
    "aws_elasticache_replication_group": ("replication_group_id", 40),
    "aws_elasticache_subnet_group": ("name", 255),
    "aws_elasticache_user": ("user_id", 40),
    "aws_elasticache_user_group": ("user_group_id", 40),
    "aws_iam_instance_profile": ("name", 128),
    "aws_iam_policy": ("name", 128),
    "aws_iam_role": ("name", 64),
    "aws_lb": ("name", 32),
    "aws_lb_target_group": ("name_prefix", 6),
    "aws_s3_bucket": ("bucket", 63),
    "aws_secretsmanager_secret": ("name", 512),
    "aws_security_group": ("name", 255),
}

WEB: dict[str, Any] = {
    "django_service.application.webs": {
        "w" * 20: FurtherWebInputs(route=RouteInputs(priority=10_000, paths=("/api/*",)))
    },
    "django_service.webs": {"w" * 20: environment().django_service.web},
}
FAR = {"region": "ap-southeast-1", "network.zones": ("ap-southeast-1a", "ap-southeast-1b")}
USERS = {"redis.iam_authentication": True}


def longest(of: Environment, **changes: object) -> Environment:
    """With the longest project that is not refused, beside a name of seven characters."""
    for path, value in changes.items():
        of = changed(of, tuple(path.split(".")), value)
    named = (replace(of, name="prod-eu", project="p" * length) for length in range(28, 1, -1))
    return next(each for each in named if not any(problems(each)))


@pytest.mark.parametrize(
    ("of", "characters"),
    [
        pytest.param(longest(environment()), 31, id="the smallest"),
        pytest.param(longest(environment(), **WEB), 29, id="with a web of the longest name"),
        pytest.param(longest(BASE), 27, id="with all services"),
        pytest.param(longest(BASE, **USERS), 26, id="with users of Redis"),
        pytest.param(longest(environment(), **FAR), 26, id="in a far region"),
    ],
)
def test_the_longest_names_are_names_that_aws_takes(of: Environment, characters: int, tmp_path: Path) -> None:
    assert len(of.prefix) == characters
    found = list(names(of, tmp_path))
    assert {kind for kind, _ in found} >= {"aws_lb", "aws_iam_role", "aws_db_instance", "aws_s3_bucket"}
    assert [(kind, name) for kind, name in found if len(name) > LIMITS[kind][1]] == []
    assert any(len(name) > len(of.prefix) for _, name in found)


def names(of: Environment, directory: Path) -> Iterator[tuple[str, str]]:
    for compose_all, output in ((compose, directory / "units"), (bootstrap.compose, directory / "bootstrap")):
        app = App(outdir=str(output))
        compose_all(app, of)
        app.synth()
        for _, document in read_output(output):
            yield from _of_document(document)


def _of_document(document: Json) -> Iterator[tuple[str, str]]:
    for kind, resources in document.get("resource", {}).items():
        if kind in LIMITS:
            for resource in resources.values():
                name = resource.get(LIMITS[kind][0])
                if name and "${" not in name:
                    yield kind, name
