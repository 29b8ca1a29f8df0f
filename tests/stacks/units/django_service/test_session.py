"""The task that people enter: what the agent of ECS Exec needs, in this task alone, where the environment asks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.task_definition.inputs import RuntimeInputs
from stacks.config import SessionInputs
from stacks.permissions.boundary import statements
from stacks.permissions.scope import Scope
from tests.stacks.units.django_service.test_unit import EVERYTHING, service
from tests.support import Json, environment

CHANNELS = {f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")}
LOG = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/django-test/session:*"


@pytest.fixture(scope="module")
def document() -> Json:
    return service(**EVERYTHING, session=SessionInputs(minutes=30, cpu=512, memory_mib=1024))


def definitions(document: Json) -> Json:
    found: Json = document["resource"]["aws_ecs_task_definition"]
    return found


def main_container(definition: Json) -> Json:
    container: Json = json.loads(definition["container_definitions"])[0]
    return container


def policies(document: Json) -> dict[str, dict[str, Any]]:
    """What each role of a task may do, by the name of its resource."""
    return {
        name: {
            action: statement["Resource"]
            for statement in json.loads(policy["policy"])["Statement"]
            for action in statement["Action"]
        }
        for name, policy in document["resource"]["aws_iam_role_policy"].items()
    }


def test_it_waits_in_the_image_of_the_application_and_ends_by_itself(document: Json) -> None:
    definition = definitions(document)["session"]
    container, web = main_container(definition), main_container(definitions(document)["web_task"])
    assert (container["image"], container["name"]) == (web["image"], "session")
    assert (container["entryPoint"], container["command"]) == (["sleep"], ["1800"])
    assert (definition["family"], definition["cpu"], definition["memory"]) == ("django-test-session", "512", "1024")


def test_it_signs_in_as_the_application_and_not_as_the_owner_of_the_tables(document: Json) -> None:
    variables = {
        each["name"]: each["value"] for each in main_container(definitions(document)["session"])["environment"]
    }
    assert (variables["DATABASE_USER"], variables["EMAIL_HOST"]) == ("app_user", "smtp.example.com")


def test_it_alone_has_a_writable_root_and_the_channels_of_the_agent(document: Json) -> None:
    writable = {
        name
        for name, definition in definitions(document).items()
        if not main_container(definition)["readonlyRootFilesystem"]
    }
    entered = {name for name, allowed in policies(document).items() if CHANNELS & allowed.keys()}
    assert (writable, entered) == ({"session"}, {"session_role_policy"})
    assert policies(document)["session_role_policy"].keys() >= CHANNELS
    assert {each["enable_execute_command"] for each in document["resource"]["aws_ecs_service"].values()} == {False}


def test_what_is_typed_there_goes_to_its_own_log(document: Json) -> None:
    allowed = policies(document)["session_role_policy"]
    assert [allowed[f"logs:{verb}"] for verb in ("CreateLogStream", "DescribeLogStreams", "PutLogEvents")] == [
        [LOG]
    ] * 3
    log = document["resource"]["aws_cloudwatch_log_group"]["session_log"]
    assert log["name"] == "/ecs/django-test/session"


def test_an_environment_that_asks_for_none_has_nothing_of_it(document: Json) -> None:
    without, added = service(**EVERYTHING), set()
    for kind, resources in document["resource"].items():
        added |= {f"{kind}.{name}" for name in resources if name not in without["resource"].get(kind, {})}
        for name, resource in without["resource"].get(kind, {}).items():
            assert resources[name] == resource
    assert added == {
        "aws_cloudwatch_log_group.session_log",
        "aws_ecs_task_definition.session",
        "aws_iam_role.session_execution_role",
        "aws_iam_role.session_role",
        "aws_iam_role_policy.session_execution_role_policy",
        "aws_iam_role_policy.session_role_policy",
    }
    assert without["output"] == document["output"]


def test_where_services_can_be_entered_it_can_be_too() -> None:
    runtime = RuntimeInputs(execute_command=True, read_only_root_filesystem=False)
    document = service(runtime=runtime, session=SessionInputs())
    assert policies(document)["session_role_policy"].keys() >= CHANNELS


@pytest.mark.parametrize("session", [None, SessionInputs()])
def test_the_boundary_lets_it_find_its_log(session: SessionInputs | None) -> None:
    made = environment()
    made = replace(made, django_service=replace(made.django_service, session=session))
    anywhere = next(each for each in statements(Scope(made)) if each.sid == "Anywhere")
    assert ("logs:DescribeLogGroups" in anywhere.actions) is (session is not None)


def test_the_page_gives_a_role_of_ones_own_what_the_made_one_has(document: Json) -> None:
    page = (Path(__file__).parents[4] / "docs" / "operate.md").read_text()
    text = page.partition("**A role of your own.**")[2].partition("```json")[0]
    needed = {action for action in policies(document)["session_role_policy"] if action.startswith(("ssmm", "logs:"))}
    assert {action for action in needed if f"{action.partition(':')[2]}`" not in text} == set()
    assert len(needed) == 8
