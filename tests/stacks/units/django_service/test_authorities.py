"""Tasks of images that bring no authorities verify PostgreSQL by libpq's own variables."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from modules.rds_authorities.authorities import published
from modules.validation import problems
from stacks.config.database_inputs import DatabaseInputs
from stacks.units.django_service.authorities import authorities
from tests.stacks.units.django_service.test_unit import EVERYTHING, service
from tests.support import Json, environment

FILE = "/etc/rds-authorities/rds.pem"


@pytest.fixture(scope="module")
def tasks() -> dict[str, dict[str, Json]]:
    """The containers by name of each task definition by its address."""
    application = replace(environment().django_service.application, guard=True, database=DatabaseInputs())
    resources = service(**EVERYTHING, application=application)["resource"]["aws_ecs_task_definition"]
    return {
        address: {each["name"]: each for each in json.loads(resource["container_definitions"])}
        for address, resource in resources.items()
    }


def test_every_task_has_them_before_anything_else_runs(tasks: dict[str, dict[str, Json]]) -> None:
    assert len(tasks) == 7
    for containers in tasks.values():
        main, first, *others = containers.values()
        assert first["name"] == "authorities"
        variables = {each["name"]: each["value"] for each in main["environment"]}
        assert (variables["PGSSLMODE"], variables["PGSSLROOTCERT"]) == ("verify-full", FILE)
        for container in (main, *others):
            assert container["dependsOn"][0] == {"containerName": "authorities", "condition": "SUCCESS"}
            mount = {"sourceVolume": "authorities", "containerPath": "/etc/rds-authorities", "readOnly": True}
            assert mount in container["mountPoints"]


def test_the_guard_verifies_too(tasks: dict[str, dict[str, Json]]) -> None:
    assert {"name": "PGSSLROOTCERT", "value": FILE} in tasks["web_task"]["guard"]["environment"]


def test_the_container_writes_those_of_the_region(tmp_path: Path) -> None:
    (container,) = authorities("eu-central-1").first
    assert container.entry_point
    (script,) = container.command
    command = [*container.entry_point, script.replace(FILE, str(tmp_path / "rds.pem"))]
    subprocess.run(command, env={"PATH": "/usr/bin:/bin", **container.variables}, check=True)
    assert (tmp_path / "rds.pem").read_text() == "".join(published().regions["eu-central-1"])


def test_a_region_without_them_is_refused_unless_the_image_has_them() -> None:
    inputs = environment()
    network = replace(inputs.network, zones=("xx-test-1a", "xx-test-1b"))
    brings = replace(inputs, region="xx-test-1", network=network)
    application = replace(inputs.django_service.application, database=DatabaseInputs())
    service = replace(brings.django_service, application=application)
    field = "django_service.application.database.brings_ca_bundle"
    assert field in {problem.field for problem in problems(replace(brings, django_service=service))}
    assert field not in {problem.field for problem in problems(brings)}
