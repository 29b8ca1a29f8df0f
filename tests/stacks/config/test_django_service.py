"""The rules of the Django application as a whole."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.scaling_steps_inputs import QUEUE_STEPS
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.one_off_task.session_inputs import SessionInputs
from modules.postgresql.names import GROUP_ROLES
from modules.scheduled_task.inputs import JobSettingsInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.task_definition.sidecar_inputs import SidecarInputs
from modules.validation import InvalidInput, line, problems, validate
from stacks.config.application_inputs import JobInputs
from stacks.config.build import ImageInputs
from stacks.config.django_service import DjangoServiceInputs
from stacks.config.names import RESERVED
from tests.environments.application import APPLICATION
from tests.support import environment

PROJECT = Path(__file__).parents[3]
SMALLEST = environment().django_service
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
CHECK = OneOffTaskInputs(command=("python", "manage.py", "check"))

SCALED_BY_QUEUE = WorkerInputs(
    cpu=256, memory_mib=512, desired_count=1, autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=5)
)
SCALED_TO_ZERO = replace(
    SCALED_BY_QUEUE,
    autoscaling=WorkerAutoscalingInputs(min_count=0, max_count=5, queue_length_per_task=None),
)
SCALED_BY_STEPS = replace(
    SCALED_BY_QUEUE,
    autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=5, queue_length_per_task=None, queue_steps=QUEUE_STEPS),
)


def web(**changes: Any) -> WebInputs:
    return replace(SMALLEST.web, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ecr_repository_url": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/my_app-1.x"},
        {"additional_allowed_hosts": (".mycloudfront.net",)},
        {"ecr_repository_url": None, "image": ImageInputs(repository="ghcr.io/acme/shop")},
        {"additional_allowed_hosts": ("www.example.com", ".example.org")},
        {"additional_allowed_hosts": tuple(f"a{n:03}.example.com" for n in range(120))},
        {"settings_module": "mysite.settings"},
        {"settings_module": "local.settings"},
        {"one_off_tasks": {"check": CHECK, "migrate": CHECK}},
        {"app_user": "_app", "migration_user": "owner"},
        {"app_user": "user"},
        {"web": web(stop_timeout_seconds=31)},
        {"database_authentication": "secret"},
        {"database_authentication": "password", "password_version": 3},
        {"psql_image": "registry.example.com:5000/mirror/postgres:17.6-alpine"},
        {"psql_image": f"postgres@sha256:{'0' * 64}"},
        {"runtime": RuntimeInputs(secrets={"DATABASE_URL": SECRET})},
    ],
)
def test_what_is_right_is_accepted(changes: dict[str, Any]) -> None:
    validate(replace(SMALLEST, **changes))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"ecr_repository_url": f"{SMALLEST.ecr_repository_url}:latest"},
            (
                "is no repository of ECR: write it as 123456789012.dkr.ecr.us-east-1.amazonaws.com/name, "
                "with a name of 2 to 256 characters, and without https:// and tag"
            ),
        ),
        (
            {"ecr_repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/x"},
            "/x' is no repository of ECR: write it as 123456789012.dkr.ecr.us-east-1.amazonaws.com/name, with a ",
        ),
        (
            {"ecr_repository_url": None},
            "ecr_repository_url: is missing: name a repository of ECR by it, or ",
        ),
        ({"image": ImageInputs(repository="ghcr.io/a/b")}, "ecr_repository_url: and image are both given: "),
        ({"ecr_repository_url": f"https://{SMALLEST.ecr_repository_url}"}, "ecr_repository_url: "),
        ({"ecr_repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com"}, "ecr_repository_url: "),
        ({"ecr_repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a"}, "ecr_repository_url: "),
        ({"ecr_repository_url": "python:3.12-slim"}, "ecr_repository_url: 'python:3.12-slim' is no repository of ECR"),
        (
            {"additional_allowed_hosts": (".cloudfront.net",)},
            "additional_allowed_hosts: '.cloudfront.net' has hosts of everybody, who would then choose the links in ",
        ),
        ({"additional_allowed_hosts": ("*",)}, "additional_allowed_hosts: '*' is no host: write"),
        ({"additional_allowed_hosts": ("*.example.com",)}, "additional_allowed_hosts: '*.example.com' is no host"),
        ({"additional_allowed_hosts": ("https://example.com",)}, "additional_allowed_hosts: "),
        ({"additional_allowed_hosts": ("a.example.com,b.example.com",)}, "additional_allowed_hosts: "),
        (
            {"additional_allowed_hosts": tuple(f"a{n:03}.example.com" for n in range(121))},
            'additional_allowed_hosts: take 2,057 of 2,048 characters: write ".example.com" for all below',
        ),
        ({"settings_module": "config/settings.py"}, "settings_module: 'config/settings.py' is no module"),
        ({"settings_module": "config..settings"}, "settings_module: "),
        (
            {"settings_module": "config.settings.local"},
            (
                "settings_module: config.settings.local is for a developer's machine, without what protects a "
                'deployment: use "config.settings.production"'
            ),
        ),
        ({"settings_module": "mysite.test"}, "settings_module: mysite.test is for a developer's machine, "),
        ({"app_user": "App"}, "app_user: 'App' is no name of a role"),
        ({"migration_user": "rds_migrator"}, "migration_user: 'rds_migrator' is no name of a role"),
        ({"app_user": "none"}, "app_user: none is reserved: choose another name"),
        ({"app_user": "public"}, "app_user: public is reserved: "),
        ({"app_user": "writer_role"}, "app_user: writer_role is reserved: "),
        ({"migration_user": "migrator_role"}, "migration_user: migrator_role is reserved: "),
        ({"app_user": "readonly_role"}, "app_user: readonly_role is reserved: "),
        ({"migration_user": "app_user"}, "app_user: is migration_user too: choose two users"),
        *(
            ({"psql_image": image}, f"psql_image: '{image}' is no image with a version: write it as ")
            for image in ("postgres", "postgres:latest", "https://example.com/postgres:17")
        ),
        ({"database_authentication": "token"}, "database_authentication: got 'token': give one of 'password', 'iam'"),
        ({"database_authentication": "password", "password_version": 0}, "password_version: got 0: count up from 1"),
        (
            {"password_version": 2},
            'password_version: has no effect with authentication "iam", which draws none: remove it',
        ),
        (
            {"database_authentication": "password", "runtime": RuntimeInputs(secrets={"DATABASE_URL": SECRET})},
            "runtime.secrets['DATABASE_URL']: is set by the service itself: choose another name",
        ),
        ({"session": SessionInputs(minutes=0)}, "session.minutes: got 0: use 1 to 720"),
        ({"session": SessionInputs(minutes=721)}, "session.minutes: got 721: use 1 to 720"),
        ({"session": SessionInputs(cpu=1)}, "session.cpu: Fargate has no 1 CPU units"),
        (
            {"session": SessionInputs(), "one_off_tasks": {"session": CHECK}},
            "one_off_tasks['session']: is the task of `make console`: choose another name",
        ),
        ({"one_off_tasks": {"Check It": CHECK}}, "one_off_tasks['Check It']: is no name of a task"),
        ({"one_off_tasks": {"a" * 25: CHECK}}, "is no name of a task: use 2 to 24 of a-z"),
        ({"one_off_tasks": {"worker": CHECK}}, "one_off_tasks['worker']: is a service: choose another name"),
        (
            {"one_off_tasks": {"check": OneOffTaskInputs(command=CHECK.command, cpu=1)}},
            "one_off_tasks['check'].cpu: Fargate has no 1 CPU units",
        ),
        (
            {"worker": SCALED_BY_QUEUE},
            (
                "worker.autoscaling.queue_length_per_task: beat publishes the length of the queue, and there is none: "
                "add beat, or set it to None"
            ),
        ),
        (
            {
                "worker": SCALED_BY_QUEUE,
                "application": replace(APPLICATION, published_queue=None),
                "beat": BeatInputs(),
            },
            (
                "worker.autoscaling.queue_length_per_task: the application publishes the length of no queue: set it to "
                "None, which leaves the CPU"
            ),
        ),
        (
            {
                "worker": SCALED_BY_QUEUE,
                "beat": BeatInputs(),
                "cluster": EcsClusterInputs(container_insights="disabled"),
            },
            (
                "worker.autoscaling.queue_length_per_task: the number of workers is a metric of Container Insights: "
                "enable cluster.container_insights"
            ),
        ),
        (
            {"worker": SCALED_TO_ZERO},
            (
                "worker.autoscaling.min_count: beat publishes the length of the queue, and there is none: add beat, or "
                "choose 1 or more, in its schedule too"
            ),
        ),
        (
            {
                "worker": SCALED_TO_ZERO,
                "application": replace(APPLICATION, published_queue=None),
                "beat": BeatInputs(),
            },
            "worker.autoscaling.min_count: the application publishes the length of no queue: choose 1 or more",
        ),
        (
            {
                "worker": SCALED_TO_ZERO,
                "beat": BeatInputs(),
                "cluster": EcsClusterInputs(container_insights="disabled"),
            },
            "worker.autoscaling.min_count: the number of workers is a metric of Container Insights: enable cluster",
        ),
        (
            {"worker": SCALED_BY_STEPS},
            "worker.autoscaling.queue_steps: beat publishes the length of the queue, and there is none: add beat",
        ),
        (
            {"web": web(stop_timeout_seconds=30)},
            (
                "web.stop_timeout_seconds: 30 is not above load_balancer.deregistration_delay_seconds 30: "
                "choose a longer timeout or a shorter delay"
            ),
        ),
        (
            {"load_balancer": LoadBalancerInputs(deregistration_delay_seconds=120)},
            "web.stop_timeout_seconds: 60 is not above load_balancer.deregistration_delay_seconds 120",
        ),
    ],
)
def test_what_breaks_a_rule_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(replace(SMALLEST, **changes))
    assert line in str(error.value)


@pytest.mark.parametrize("field", ["variables", "secrets"])
@pytest.mark.parametrize("name", sorted(name for name in RESERVED if not name.startswith("AWS_")))
def test_what_the_service_sets_cannot_be_set_again(field: str, name: str) -> None:
    # A variable that names a secret is refused for that first.
    given: dict[str, Any] = {field: {name: {"variables": "x", "secrets": SECRET}[field]}}
    with pytest.raises(InvalidInput) as error:
        validate(replace(SMALLEST, runtime=RuntimeInputs(**given)))
    assert str(error.value).startswith(f"runtime.{field}[{name!r}]: ")
    if field == "secrets":
        assert str(error.value).endswith("is set by the service itself: choose another name")


def test_the_roles_that_init_database_creates_are_reserved() -> None:
    tree = ast.parse((PROJECT / "app/operations/database_roles.py").read_text())
    (roles,) = (each.value for each in tree.body if isinstance(each, ast.Assign) and "READER" in ast.unparse(each))
    assert sorted(ast.literal_eval(roles)) == sorted(GROUP_ROLES)


def test_further_tasks_stand_beside_the_three_that_are_always_there() -> None:
    inputs = replace(SMALLEST, one_off_tasks={"check": CHECK, "migrate": CHECK})
    assert list(inputs.tasks) == ["init-database", "migrate", "check-status", "check"]
    assert inputs.tasks["migrate"] == CHECK


def test_the_repository_is_pulled_by_its_arn() -> None:
    url = "210987654321.dkr.ecr.eu-central-1.amazonaws.com/team/app"
    inputs: DjangoServiceInputs = replace(SMALLEST, ecr_repository_url=url)
    assert inputs.ecr_repository_arn == "arn:aws:ecr:eu-central-1:210987654321:repository/team/app"


MAIL = IamStatementInputs(actions=("ses:SendEmail",), resources=(f"arn:aws:ses:us-east-1:123456789012:{'x' * 4100}",))


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"web": web(variables={"ENVIRONMENT": "x"}, secrets={"DATABASE_PASSWORD": SECRET})},
            [
                "web.variables['ENVIRONMENT']: is set by the service itself: choose another name",
                "web.secrets['DATABASE_PASSWORD']: is set by the service itself: choose another name",
            ],
        ),
        (
            {
                "web": web(iam_statements=(MAIL,)),
                "runtime": RuntimeInputs(task_role_arn="arn:aws:iam::123456789012:role/x"),
            },
            ["web.iam_statements: have no effect on a task_role_arn: add them to that role"],
        ),
        (
            {"web": web(iam_statements=(MAIL,)), "runtime": RuntimeInputs(iam_statements=(MAIL,))},
            [
                (
                    "web.iam_statements: take 8,432 of 8,192 characters with those of all tasks: "
                    "name fewer resources, or more of them by one wildcard"
                )
            ],
        ),
        (
            {"web": web(variables={"A": "x" * 30_000}), "runtime": RuntimeInputs(variables={"B": "x" * 30_000})},
            [
                (
                    "web.variables: take 60,056 of 56,320 characters with those of all tasks: "
                    "keep large values in S3 or in the image"
                )
            ],
        ),
        (
            {
                "web": web(secrets={f"A{n}": f"{SECRET[:-11]}m{n:03}-AbCdEf" for n in range(80)}),
                "runtime": RuntimeInputs(secrets={f"B{n}": f"{SECRET[:-11]}n{n:03}-AbCdEf" for n in range(80)}),
            },
            [
                (
                    "web.secrets: take 10,720 of 8,192 characters with those of all tasks: "
                    "keep several values in one secret, each by its :json-key::"
                )
            ],
        ),
    ],
)
def test_what_a_service_has_of_its_own_joins_what_all_have(changes: dict[str, Any], lines: list[str]) -> None:
    assert [*map(line, problems(replace(SMALLEST, **changes)))] == lines


def test_a_value_is_named_only_where_it_is_filled_in() -> None:
    agent = SidecarInputs(name="agent", image="acme/agent:1", memory_mib=64, variables={"HOST": "{DATABASE_HOST}"})
    inputs = replace(
        SMALLEST,
        application=replace(APPLICATION, jobs={"clean": JobInputs(command=("./clean",))}),
        web=web(variables={"SITE": "{URL}/{HOSTNAME}", "FORMAT": '{"level": "{LEVEL}"}'}, sidecars=(agent,)),
        jobs={"clean": JobSettingsInputs(variables={"SITE": "{URL}"})},
        runtime=RuntimeInputs(variables={"SITE": "{URL}"}),
    )
    there = 'no value is filled in here: write it in variables of application.py, where "{{" and "}}" stand for braces'
    assert [*map(line, problems(inputs))] == [
        f"runtime.variables['SITE']: has {{URL}}, and {there}",
        "web.sidecars[0].variables['HOST']: has {DATABASE_HOST}, and no value is filled in here: write out what it is",
        f"web.variables['SITE']: has {{URL}}, {{HOSTNAME}}, and {there}",
        f"jobs['clean'].variables['SITE']: has {{URL}}, and {there}",
    ]
