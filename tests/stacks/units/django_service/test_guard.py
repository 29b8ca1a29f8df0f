"""The guard, run in a project as `django-admin startproject` makes it, with the command of its container."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.task_definition.environment import LONGEST_TWICE
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import problems
from stacks.config.application_inputs import ApplicationInputs, ProcessInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.units.django_service.guard import guard
from tests.stacks.units.django_service.test_unit import EVERYTHING, POSTGRESQL, service
from tests.support import Json, environment

pytestmark = pytest.mark.thorough

BIN = Path(__file__).parents[4] / ".venv-app" / "bin"
HOST = "shop.abcdefghijkl.us-east-1.rds.amazonaws.com"
SHOP = ApplicationInputs(
    settings_module="shop.settings",
    worker=ProcessInputs(command=("celery", "--app", "shop", "worker")),
    beat=ProcessInputs(command=("celery", "--app", "shop", "beat")),
)
DATABASE = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "%s"}}'
BRINGS = DatabaseInputs(brings_ca_bundle=True)
RIGHT = f"DEBUG = False\n{DATABASE % HOST.upper()}"


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[int, str]]:
    """Runs the guard of a project of which the settings end with these lines; its exit code and its output."""
    home = tmp_path_factory.mktemp("project")
    subprocess.run([BIN / "django-admin", "startproject", "shop", home], check=True, cwd=home)
    settings = home / "shop" / "settings.py"
    generated = settings.read_text()
    found = guard(replace(SHOP, manage=(str(BIN / "python"), "manage.py")), HOST)

    def run(lines: str) -> tuple[int, str]:
        settings.write_text(f"{generated}\n{lines}\n")
        variables = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONDONTWRITEBYTECODE": "1", **found.variables}
        done = subprocess.run(found.command, cwd=home, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (
            "DEBUG = False",
            f"DATABASES['default'] is sqlite, and not the PostgreSQL at {HOST}: read its address from the environment",
        ),
        (f"DEBUG = True\n{DATABASE % HOST}", "DEBUG is on: turn it off"),
        (
            f"DEBUG = False\n{DATABASE % 'localhost'}",
            f"DATABASES['default'] is at localhost, and not at {HOST}: read HOST from the environment",
        ),
        (
            f"DEBUG = False\n{DATABASE % ''}",
            f"DATABASES['default'] is at no host, and not at {HOST}: read HOST from the environment",
        ),
    ],
)
def test_what_falls_back_is_stopped_by_one_line(check: Callable[[str], tuple[int, str]], lines: str, what: str) -> None:
    assert check(lines) == (1, f"guard: shop.settings: {what}\n")


def test_both_are_one_line(check: Callable[[str], tuple[int, str]]) -> None:
    code, output = check("")  # as `startproject` has it
    assert (code, output.count("\n")) == (1, 1)
    assert "is sqlite" in output
    assert output.endswith("; DEBUG is on: turn it off\n")


def test_the_postgresql_of_the_environment_passes_silently_and_is_not_connected_to(
    check: Callable[[str], tuple[int, str]],
) -> None:
    assert check(RIGHT) == (0, "")


@pytest.fixture(scope="module")
def guarded() -> dict[str, dict[str, Json]]:
    """The containers by name of each task definition by its address."""
    application = replace(SHOP, init_database=environment().django_service.application.init_database)
    resources = service(**EVERYTHING, application=application)["resource"]["aws_ecs_task_definition"]
    return {
        address: {each["name"]: each for each in json.loads(resource["container_definitions"])}
        for address, resource in resources.items()
    }


def test_services_and_the_release_wait_for_it(guarded: dict[str, dict[str, Json]]) -> None:
    having = {address for address, containers in guarded.items() if "guard" in containers}
    assert having == {"web_task", "worker_task", "beat_task", "task_migrate"}
    for address in having:
        containers = guarded[address]
        main = next(container for container in containers.values() if container["essential"])
        assert {"containerName": "guard", "condition": "SUCCESS"} in main["dependsOn"]


def test_it_has_the_environment_of_the_process_and_the_address_under_a_name_of_its_own(
    guarded: dict[str, dict[str, Json]],
) -> None:
    web, found = guarded["web_task"]["web"], guarded["web_task"]["guard"]
    address = {"name": "GUARD_DATABASE_HOST", "value": f"${{{POSTGRESQL}.address}}"}
    assert found["environment"] == [*web["environment"], address]
    assert found["secrets"] == web["secrets"]
    assert found["mountPoints"] == web["mountPoints"]
    assert found["command"][:3] == ["python", "manage.py", "shell"]


ALONE = {"guard": False, "database": BRINGS, "image_declares_volumes": True}


@pytest.mark.parametrize("changes", [{}, {"guard": False}, {"guard": False, "database": BRINGS}, ALONE])
def test_the_largest_environment_fits_into_a_task_definition(changes: dict[str, Any]) -> None:
    own = environment().django_service
    application = replace(SHOP, **changes, manage=("x" * 1900,), web=ProcessInputs(command=("x" * 4000,)))
    hosts = tuple(f"a{number:03}.example.com" for number in range(120))
    inputs = replace(own, application=application, additional_allowed_hosts=hosts)
    runtime = RuntimeInputs(variables={"SHOP_TEXT": "x" * (inputs.environment_room - 50)})
    assert [*problems(replace(inputs, runtime=runtime))] == []
    resources = service(application=application, additional_allowed_hosts=hosts, runtime=runtime)["resource"]
    for task in resources["aws_ecs_task_definition"].values():
        assert len(task["container_definitions"]) + 512 < 64 * 1024


def test_an_environment_that_two_containers_have_must_fit_twice() -> None:
    inputs = replace(environment().django_service, application=SHOP)
    large = RuntimeInputs(variables={"SHOP_TEXT": "x" * LONGEST_TWICE})
    (problem,) = problems(replace(inputs, runtime=large))
    assert problem.field == "runtime.variables"
    assert [*problems(replace(inputs, runtime=large, application=replace(SHOP, guard=False)))] == []
