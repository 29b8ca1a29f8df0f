"""Sidecars run in the tasks of a service beside its container, with no right but to their own secrets and image."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.network.inputs import COMPLETE_ENDPOINTS, NetworkInputs
from modules.task_definition.sidecar_inputs import SidecarHealthCheckInputs, SidecarInputs
from modules.validation import line, problems
from stacks.config.application_inputs import FurtherWebInputs, QueueWorkerInputs
from stacks.config.build import ImageInputs
from stacks.config.findings import accepted
from stacks.config.schema import Environment
from stacks.permissions.boundary import statements
from stacks.permissions.scope import Scope
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import allowed, unit
from tests.support import Json, environment

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:agent-AbCdEf"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
AGENT = SidecarInputs(
    name="agent",
    image="public.ecr.aws/acme/agent:1.2",
    memory_mib=64,
    cpu=32,
    entry_point=("/agent",),
    command=("run",),
    variables={"LEVEL": "info"},
    secrets={"API_KEY": f"{SECRET}:key::"},
    essential=False,
    writable_directories=("/tmp", "/var/agent"),
    stop_timeout_seconds=10,
)
PROXY = SidecarInputs(
    name="proxy",
    image=f"{ECR}/ecr-public/acme/proxy:3",
    memory_mib=128,
    user="1000",
    health_check=SidecarHealthCheckInputs(command=("/proxy", "check"), interval_seconds=10, start_seconds=20),
    starts_first=True,
)
WITH_GUARD = replace(APPLICATION, guard=True)


def with_sidecars(*sidecars: SidecarInputs, application: Any = WITH_GUARD, **changes: Any) -> Environment:
    inputs = environment().django_service
    web = replace(inputs.web, sidecars=sidecars)
    return environment(django_service=replace(inputs, web=web, application=application, **changes))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(with_sidecars(AGENT, PROXY))


@pytest.fixture(scope="module")
def containers(document: Json) -> dict[str, Json]:
    definition = document["resource"]["aws_ecs_task_definition"]["web_task"]["container_definitions"]
    return {each["name"]: each for each in json.loads(definition)}


def waits(container: Json) -> dict[str, str]:
    return {each["containerName"]: each["condition"] for each in container.get("dependsOn", ())}


def test_it_is_what_the_environment_says_without_a_right(containers: dict[str, Json]) -> None:
    agent, log = dict(containers["agent"]), containers["web"]["logConfiguration"]
    assert agent == {
        "name": "agent",
        "image": "public.ecr.aws/acme/agent:1.2",
        "entryPoint": ["/agent"],
        "command": ["run"],
        "essential": False,
        "environment": [{"name": "LEVEL", "value": "info"}],
        "secrets": [{"name": "API_KEY", "valueFrom": f"{SECRET}:key::"}],
        "user": "65534:65534",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "memory": 64,
        "cpu": 32,
        "stopTimeout": 10,
        "mountPoints": [
            {"sourceVolume": "agent_tmp", "containerPath": "/tmp", "readOnly": False},
            {"sourceVolume": "agent_writable-var-agent", "containerPath": "/var/agent", "readOnly": False},
        ],
        "logConfiguration": log,
        "dependsOn": [{"containerName": "directories", "condition": "SUCCESS"}],
    }


def test_what_says_nothing_of_the_cpu_shares_what_the_others_leave(containers: dict[str, Json]) -> None:
    cpu = environment().django_service.web.cpu
    units = {name: each.get("cpu") for name, each in containers.items()}
    share = (cpu - 32) // 2
    assert units == {"web": share, "directories": None, "guard": None, "agent": 32, "proxy": share}


def test_where_no_sidecar_has_cpu_of_its_own_no_container_has() -> None:
    made = unit(with_sidecars(PROXY))["resource"]["aws_ecs_task_definition"]["web_task"]["container_definitions"]
    assert {each.get("cpu") for each in json.loads(made)} == {None}


def test_its_directories_are_opened_for_its_user_and_are_nobody_elses(
    document: Json, containers: dict[str, Json]
) -> None:
    (command,) = containers["directories"]["command"]
    assert command == "chmod 1777 /volumes/agent_tmp /volumes/agent_writable-var-agent || true"
    mounted = {name: {each["sourceVolume"] for each in it["mountPoints"]} for name, it in containers.items()}
    assert mounted["directories"] == {"tmp", "agent_tmp", "agent_writable-var-agent"}
    assert mounted["web"] == mounted["guard"] == {"tmp"}
    volumes = document["resource"]["aws_ecs_task_definition"]["web_task"]["volume"]
    assert [each["name"] for each in volumes] == ["tmp", "agent_tmp", "agent_writable-var-agent"]


def test_what_is_of_the_application_waits_for_one_that_starts_first(containers: dict[str, Json]) -> None:
    assert [*containers] == ["web", "directories", "guard", "agent", "proxy"]
    assert waits(containers["web"]) == {"directories": "SUCCESS", "guard": "SUCCESS", "proxy": "HEALTHY"}
    assert waits(containers["guard"]) == {"directories": "SUCCESS", "proxy": "HEALTHY"}
    assert waits(containers["proxy"]) == {"directories": "SUCCESS"}
    proxy = containers["proxy"]
    assert (proxy["user"], proxy["essential"], proxy["startTimeout"]) == ("1000", True, 120)
    assert proxy["healthCheck"] == {
        "command": ["CMD", "/proxy", "check"], "interval": 10, "timeout": 5, "retries": 3, "startPeriod": 20
    }  # fmt: skip
    assert "startTimeout" not in containers["agent"]


def test_without_a_check_it_is_enough_that_it_runs() -> None:
    made = unit(with_sidecars(replace(PROXY, health_check=None), application=APPLICATION))
    (web, *_) = json.loads(made["resource"]["aws_ecs_task_definition"]["web_task"]["container_definitions"])
    assert web["dependsOn"] == [{"containerName": "proxy", "condition": "START"}]


def test_ecs_reads_its_secret_and_pulls_its_image_for_that_service_alone(document: Json) -> None:
    rights = allowed(document, "web", "execution_role")
    assert SECRET in rights["secretsmanager:GetSecretValue"]
    assert rights["ecr:BatchGetImage"] == [
        "arn:aws:ecr:us-east-1:123456789012:repository/django",
        "arn:aws:ecr:us-east-1:123456789012:repository/ecr-public/acme/proxy",
    ]
    others = allowed(document, "migrate", "execution_role")
    assert SECRET not in others["secretsmanager:GetSecretValue"]
    assert others["ecr:BatchGetImage"] == ["arn:aws:ecr:us-east-1:123456789012:repository/django"]


def test_the_boundary_admits_both() -> None:
    found = {each.sid: each.resources for each in statements(Scope(with_sidecars(AGENT, PROXY)))}
    assert SECRET in found["Secrets"]
    assert "arn:aws:ecr:us-east-1:123456789012:repository/ecr-public/acme/proxy" in found["Image"]


SIZE: dict[str, Any] = {"cpu": 256, "memory_mib": 512, "desired_count": 1, "sidecars": (AGENT,)}
COMMAND = ("celery", "--app", "shop", "worker")


@pytest.fixture(scope="module")
def everywhere() -> Environment:
    """An environment with one in each kind of service."""
    application = replace(
        APPLICATION,
        webs={"api": FurtherWebInputs(route=RouteInputs(priority=10_000, paths=("/api/*",)))},
        workers={"mail": QueueWorkerInputs(command=COMMAND)},
    )
    return with_sidecars(
        AGENT,
        application=application,
        webs={"api": WebInputs(**SIZE)},
        worker=WorkerInputs(**SIZE),
        workers={"mail": WorkerInputs(**SIZE)},
        beat=BeatInputs(sidecars=(AGENT,)),
    )


def test_each_kind_of_service_may_have_some_and_the_gate_knows_their_image(everywhere: Environment) -> None:
    assert [*map(line, problems(everywhere))] == []
    tasks = unit(everywhere)["resource"]["aws_ecs_task_definition"]
    having = {name for name, task in tasks.items() if '"name": "agent"' in task["container_definitions"]}
    assert having == {f"{name}_task" for name in ("web", "web_api", "worker", "worker_mail", "beat")}
    let = [each for each in accepted(everywhere, "django-service") if each["rule"] == "containers/foreign-image"]
    names = ("web", "worker", "beat", "web_*", "worker_*")
    assert [each["address"] for each in let] == [f"aws_ecs_task_definition.{name}_task" for name in names]


@pytest.mark.parametrize("name", ["web", "guard", "directories", "authorities"])
def test_a_name_of_a_service_or_of_the_platform_is_refused(name: str) -> None:
    (found,) = map(line, problems(with_sidecars(replace(AGENT, name=name))))
    assert found == (
        f"django_service.web.sidecars[0].name: '{name}' is a service, or a container of the platform: "
        "choose another name"
    )


def test_a_task_definition_has_room_for_its_variables_and_commands() -> None:
    large = replace(AGENT, variables={"LARGE": "x" * 20_000})
    (found,) = map(line, problems(with_sidecars(large)))
    assert found.startswith("django_service.web.variables: take 21,")
    (found,) = map(line, problems(with_sidecars(replace(AGENT, command=("run", "x" * 20_000)))))
    assert found.startswith("django_service.web.sidecars[0].command: takes 20,")


def test_one_of_the_registry_of_the_application_is_pulled_with_its_credentials() -> None:
    image = ImageInputs(repository="ghcr.io/acme/shop", credentials_secret_arn=SECRET)
    near, hub = replace(AGENT, image="ghcr.io/acme/agent:1"), replace(AGENT, name="hub", image="acme/agent:1")
    made = unit(with_sidecars(near, hub, PROXY, ecr_repository_url=None, image=image))
    definition = json.loads(made["resource"]["aws_ecs_task_definition"]["web_task"]["container_definitions"])
    signed = {each["name"] for each in definition if "repositoryCredentials" in each}
    assert signed == {"web", "directories", "guard", "agent"}


def test_where_no_task_reaches_the_internet_the_image_must_be_in_ecr_of_the_region() -> None:
    network = NetworkInputs(
        cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b"), nat="none", interface_endpoints=COMPLETE_ENDPOINTS
    )
    (found,) = map(line, problems(replace(with_sidecars(AGENT, PROXY), network=network)))
    assert found.startswith(
        "django_service.web.sidecars[0].image: public.ecr.aws/acme/agent:1.2 is not in ECR in us-east-1, and tasks "
        "reach nothing else: push a copy there"
    )
