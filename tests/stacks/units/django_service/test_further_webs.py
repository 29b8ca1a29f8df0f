"""Further webs are services of their own beside web, which stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.fargate_service.autoscaling_inputs import WebAutoscalingInputs
from modules.fargate_service.inputs import WebInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.task_definition.inputs import IamStatementInputs
from stacks.config.application_inputs import FurtherWebInputs
from stacks.config.health_inputs import HealthInputs
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import service
from tests.support import Json, addresses

NAMED = {"NAMED": "{UVICORN_PORT}"}  # only one of them has that server
SIZE = WebInputs(cpu=256, memory_mib=512, desired_count=1)
WEBS = {
    "api": FurtherWebInputs(variables={"LISTENS": "{PORT}"}, route=RouteInputs(priority=10_000, paths=("/api/*",))),
    "chat": FurtherWebInputs(
        command=("uvicorn", "shop.asgi:application"),
        entry_point=("/usr/bin/tini", "--"),
        variables={"LISTENS": "{PORT} of {UVICORN_PORT}"},
        route=RouteInputs(priority=20_000, hosts=("api.example.com",), paths=("/chat/*",)),
        server="uvicorn",
        health=HealthInputs(path="/chat/health", codes="200-499"),
        stickiness_seconds=60,
    ),
    "old": FurtherWebInputs(route=RouteInputs(priority=30_000, paths=("/old/*",))),
}
SIZES = {
    "api": replace(
        SIZE,
        container_port=8500,
        autoscaling=WebAutoscalingInputs(min_count=1, max_count=4),
        secrets={"API_TOKEN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:api-AbCdEf"},
        iam_statements=(IamStatementInputs(actions=("s3:GetObject",), resources=("arn:aws:s3:::api/*",)),),
    ),
    "chat": replace(SIZE, container_port=9000, variables={"ROOMS": "9"}, health_check_grace_seconds=400),
    "old": None,
}


@pytest.fixture(scope="module")
def without() -> Json:
    return service(application=replace(APPLICATION, variables=NAMED))


@pytest.fixture(scope="module")
def with_webs() -> Json:
    return service(application=replace(APPLICATION, webs=WEBS, variables=NAMED), webs=SIZES)


def container(document: Json, name: str) -> Json:
    definition = document["resource"]["aws_ecs_task_definition"][f"{name.replace('-', '_')}_task"]
    found: Json = json.loads(definition["container_definitions"])[0]
    assert (found["name"], definition["family"]) == (name, f"django-test-{name}")
    return found


def variables(document: Json, name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(document, name)["environment"]}


def test_what_was_there_before_stays_as_it_was(without: Json, with_webs: Json) -> None:
    for kind, resources in without["resource"].items():
        for name, resource in resources.items():
            assert with_webs["resource"][kind][name] == resource
    assert without["output"].items() <= with_webs["output"].items()


def test_each_is_a_service_behind_its_own_target_group_and_one_of_size_none_is_nowhere(with_webs: Json) -> None:
    services = with_webs["resource"]["aws_ecs_service"]
    assert sorted(services) == ["web", "web_api", "web_chat"]
    for name, port in (("api", 8500), ("chat", 9000)):
        found = services[f"web_{name}"]
        assert found["name"] == f"django-test-web-{name}"
        assert found["load_balancer"] == [
            {
                "target_group_arn": f"${{aws_lb_target_group.route_{name}_target.arn}}",
                "container_name": f"web-{name}",
                "container_port": port,
            }
        ]
        # ECS refuses a service whose target group belongs to no listener yet.
        assert f"aws_lb_listener_rule.route_{name}_attached" in found["depends_on"]
        assert found["lifecycle"]["postcondition"]
    assert not [each for each in addresses(with_webs) if "old" in each.partition(".")[2].split("_")]


def test_each_rule_is_that_of_its_route(with_webs: Json) -> None:
    rules = with_webs["resource"]["aws_lb_listener_rule"]
    assert {name: (rule["priority"], len(rule["condition"])) for name, rule in rules.items()} == {
        "route_api": (10_000, 1),
        "route_api_attached": (30_000, 1),
        "route_chat": (20_000, 2),
        "route_chat_attached": (40_000, 1),
    }


def test_no_request_is_led_to_a_service_whose_tasks_do_not_run_yet(with_webs: Json) -> None:
    rules = with_webs["resource"]["aws_lb_listener_rule"]
    assert rules["route_api"]["depends_on"] == ["aws_ecs_service.web_api"]
    assert with_webs["resource"]["aws_ecs_service"]["web_api"]["wait_for_steady_state"] is True


def test_it_scales_by_the_requests_of_its_own_target_group(with_webs: Json) -> None:
    policy = with_webs["resource"]["aws_appautoscaling_policy"]["web_api_scaling_requests"]
    specification = policy["target_tracking_scaling_policy_configuration"]["predefined_metric_specification"]
    assert specification["resource_label"] == (
        "${aws_lb.load_balancer.arn_suffix}/${aws_lb_target_group.route_api_target.arn_suffix}"
    )


def test_each_has_its_own_roles_log_secrets_and_permissions(with_webs: Json) -> None:
    roles = {role["name"] for role in with_webs["resource"]["aws_iam_role"].values()}
    assert {f"django-test-web-{name}-{kind}" for name in ("api", "chat") for kind in ("task", "execution")} <= roles
    groups = {group["name"] for group in with_webs["resource"]["aws_cloudwatch_log_group"].values()}
    assert {"/ecs/django-test/web-api", "/ecs/django-test/web-chat"} <= groups
    policies = with_webs["resource"]["aws_iam_role_policy"]
    assert [name for name, policy in policies.items() if "arn:aws:s3:::api/*" in policy["policy"]] == [
        "web_api_task_role_policy"
    ]
    assert "API_TOKEN" in {each["name"] for each in container(with_webs, "web-api")["secrets"]}
    assert "API_TOKEN" not in {each["name"] for each in container(with_webs, "web-chat")["secrets"]}


def test_a_server_finds_its_own_port_and_a_keep_alive_above_the_idle_timeout(with_webs: Json) -> None:
    chat, api = variables(with_webs, "web-chat"), variables(with_webs, "web-api")
    assert (chat["UVICORN_PORT"], chat["UVICORN_TIMEOUT_KEEP_ALIVE"]) == ("9000", "75")
    assert (chat["LISTENS"], chat["ROOMS"]) == ("9000 of 9000", "9")
    assert "UVICORN_PORT" not in api  # as web, whose server the application says
    of_web = variables(with_webs, "web")
    assert of_web["NAMED"] == "8000"
    # As many workers as its memory has room for, and ports of its own.
    assert api == {**of_web, "WEB_CONCURRENCY": "3", "LISTENS": "8500", "NAMED": "8500"}


def test_it_starts_by_its_own_command_or_as_the_image_does(with_webs: Json) -> None:
    chat, api = container(with_webs, "web-chat"), container(with_webs, "web-api")
    assert (chat["entryPoint"], chat["command"]) == (["/usr/bin/tini", "--"], ["uvicorn", "shop.asgi:application"])
    assert not {"entryPoint", "command"} & api.keys()


def test_it_is_checked_by_its_own_health_or_as_web(with_webs: Json) -> None:
    groups = with_webs["resource"]["aws_lb_target_group"]
    checks = {name: (group["health_check"]["path"], group["health_check"]["matcher"]) for name, group in groups.items()}
    assert checks == {
        "load_balancer_target": ("/health/live/", "200"),
        "route_api_target": ("/health/live/", "200"),
        "route_chat_target": ("/chat/health", "200-499"),
    }
    check: Any = container(with_webs, "web-chat")["healthCheck"]
    assert "'GET', '/chat/health', headers={'Host': 'api.example.com', 'X-Forwarded-Proto': 'https'}" in str(check)
    assert "127.0.0.1:9000" in str(check)
    of_web = str(container(with_webs, "web")["healthCheck"])
    assert str(container(with_webs, "web-api")["healthCheck"]) == of_web.replace(":8000", ":8500")


def test_outputs_say_by_name_where_each_is(with_webs: Json, without: Json) -> None:
    outputs = {name: each["value"] for name, each in with_webs["output"].items() if name.startswith("further_web")}
    assert outputs == {
        "further_web_service_arns": {"api": "${aws_ecs_service.web_api.id}", "chat": "${aws_ecs_service.web_chat.id}"},
        "further_web_log_group_names": {
            "api": "${aws_cloudwatch_log_group.web_api_task_log.name}",
            "chat": "${aws_cloudwatch_log_group.web_chat_task_log.name}",
        },
    }
    assert not [name for name in without["output"] if name.startswith("further_web")]
