"""init-database runs psql in an image of its own, where the application brings no command for it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.network.inputs import COMPLETE_ENDPOINTS, NetworkInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.validation import problems
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.schema import Environment
from stacks.permissions.boundary import statements
from stacks.permissions.scope import Scope
from tests.stacks.units.django_service.test_unit import MASTER_SECRET, POSTGRESQL, allowed, unit
from tests.support import Json, environment

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/docker/library/postgres:17"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/docker/library/postgres"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
RUNTIME = RuntimeInputs(
    variables={"EMAIL_HOST": "smtp.example.com"},
    secrets={"EMAIL_PASSWORD": SECRET},
    iam_statements=(IamStatementInputs(actions=("s3:GetObject",), resources=("arn:aws:s3:::media/*",)),),
)


def by_psql(authentication: Any = "password", **changes: Any) -> Environment:
    inputs = environment().django_service
    application = replace(
        inputs.application, init_database=None, database=DatabaseInputs(authentication=authentication)
    )
    return environment(django_service=replace(inputs, application=application, runtime=RUNTIME, **changes))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(by_psql())


@pytest.fixture(scope="module")
def containers(document: Json) -> dict[str, Json]:
    definition = document["resource"]["aws_ecs_task_definition"]["task_init_database"]["container_definitions"]
    return {each["name"]: each for each in json.loads(definition)}


def variables(container: Json) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["environment"]}


def test_both_containers_are_of_that_image_and_psql_is_nobody(containers: dict[str, Json]) -> None:
    assert {name: (each["image"], each["user"]) for name, each in containers.items()} == {
        "init-database": ("public.ecr.aws/docker/library/postgres:17", "65534:65534"),
        "authorities": ("public.ecr.aws/docker/library/postgres:17", "0"),
    }


def test_psql_signs_in_as_the_master_user_and_verifies_the_server(containers: dict[str, Json]) -> None:
    found = variables(containers["init-database"])
    assert found["PGHOST"] == f"${{{POSTGRESQL}.address}}"
    assert (found["PGSSLMODE"], found["DATABASE_AUTHENTICATION"]) == ("verify-full", "password")
    assert (found["DATABASE_APP_USER"], found["DATABASE_MIGRATION_USER"]) == ("app_user", "migrator")
    version = "aws_secretsmanager_secret_version"
    assert {each["name"]: each["valueFrom"] for each in containers["init-database"]["secrets"]} == {
        "PGUSER": f"{MASTER_SECRET}:username::",
        "PGPASSWORD": f"{MASTER_SECRET}:password::",
        **{
            f"DATABASE_{name.upper()}_PASSWORD": f"${{aws_secretsmanager_secret.{name}_password.arn}}:password::"
            f"${{{version}.{name}_password_version.version_id}}"
            for name in ("app", "migration")
        },
    }


def test_it_gets_nothing_that_is_the_applications(document: Json, containers: dict[str, Json]) -> None:
    assert not {"EMAIL_HOST", "DJANGO_SETTINGS_MODULE", "REDIS_URL"} & variables(containers["init-database"]).keys()
    assert allowed(document, "init-database") == {}
    reads = allowed(document, "init-database", "execution_role")
    assert SECRET not in reads["secretsmanager:GetSecretValue"]
    assert "ecr:BatchGetImage" not in reads


def test_the_repository_of_an_image_in_ecr_may_be_pulled_from() -> None:
    inputs = by_psql(psql_image=IMAGE)
    assert allowed(unit(inputs), "init-database", "execution_role")["ecr:BatchGetImage"] == [REPOSITORY]
    (image,) = (each for each in statements(Scope(inputs)) if each.sid == "Image")
    assert REPOSITORY in image.resources


def test_by_iam_no_password_is_drawn_and_by_the_master_user_there_is_no_such_task() -> None:
    by_iam, by_secret = unit(by_psql("iam")), unit(by_psql("secret"))
    assert "app_password" not in by_iam["resource"]["aws_secretsmanager_secret"]
    assert "task_init_database" in by_iam["resource"]["aws_ecs_task_definition"]
    assert "task_init_database" not in by_secret["resource"]["aws_ecs_task_definition"]


def test_a_task_of_the_environment_replaces_it() -> None:
    own = OneOffTaskInputs(command=("python", "init.py"))
    inputs = by_psql(one_off_tasks={"init-database": own})
    assert not inputs.django_service.runs_psql
    resources = unit(inputs)["resource"]["aws_ecs_task_definition"]
    containers = json.loads(resources["task_init_database"]["container_definitions"])
    assert containers[0]["image"] == "${local.image}"
    assert {"name": "EMAIL_HOST", "value": "smtp.example.com"} in containers[0]["environment"]


@pytest.mark.parametrize(
    "network",
    [
        {"nat": "none", "interface_endpoints": COMPLETE_ENDPOINTS},
        {"application_egress_ports": (), "interface_endpoints": COMPLETE_ENDPOINTS},
    ],
)
def test_where_no_task_reaches_the_internet_the_image_must_be_in_ecr_of_the_region(network: Any) -> None:
    inputs = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b"), **network)
    field = "django_service.psql_image"

    def found(image: str) -> set[str]:
        return {each.field for each in problems(replace(by_psql(psql_image=image), network=inputs))}

    assert field in found("public.ecr.aws/docker/library/postgres:17")
    assert field in found(IMAGE.replace("us-east-1", "eu-central-1"))
    assert field not in found(IMAGE)
    own = replace(environment(), network=inputs)
    assert field not in {each.field for each in problems(own)}
