"""The rules of services and of their autoscaling."""

from __future__ import annotations

from typing import Any, cast

import pytest

from modules.fargate_service.autoscaling_inputs import (
    AutoscalingInputs,
    WebAutoscalingInputs,
    WorkerAutoscalingInputs,
)
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.validation import InvalidInput, problems, validate

SIZE: dict[str, Any] = {"cpu": 512, "memory_mib": 1024, "desired_count": 2}
NO_METRICS: dict[str, Any] = dict.fromkeys(("cpu_percent", "memory_percent", "queue_length_per_task"))


def web(**changes: Any) -> WebInputs:
    return WebInputs(**{**SIZE, **changes})


@pytest.mark.parametrize(
    "right",
    [
        web(),
        web(autoscaling=WebAutoscalingInputs(min_count=2, max_count=2)),
        web(autoscaling=WebAutoscalingInputs(min_count=1, max_count=8, cpu_percent=None, memory_percent=None)),
        web(command=("gunicorn", "config.wsgi")),
        web(gunicorn_workers=7),
        web(gunicorn_workers=15, worker_mib=64),
        web(command=("sh", "-c", "x" * 4080)),
        WorkerInputs(**SIZE, spot_percent=100),
        BeatInputs(stop_timeout_seconds=120, variables={"A": "x"}),
        web(minimum_healthy_percent=50, maximum_percent=100),
        web(minimum_healthy_percent=100, maximum_percent=150),
        web(secrets={"A": "arn:aws:ssm:us-east-1:123456789012:parameter/a"}),
    ],
)
def test_what_is_right_is_accepted(right: object) -> None:
    validate(right)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"memory_mib": 512}, "memory_mib: Fargate has no 512 MiB with 512 CPU units"),
        ({"desired_count": 0}, "desired_count: got 0: choose 1 to 5000"),
        ({"desired_count": 5001}, "desired_count: got 5001"),
        ({"container_port": 0}, "container_port: 0 is no TCP port"),
        ({"stop_timeout_seconds": 121}, "stop_timeout_seconds: got 121: choose 2 to 120"),
        ({"stop_timeout_seconds": 1}, "stop_timeout_seconds: got 1: choose 2 to 120"),
        ({"minimum_healthy_percent": -1}, "minimum_healthy_percent: got -1: choose 0 to 100"),
        ({"maximum_percent": 99}, "maximum_percent: got 99: choose 100 to 200"),
        ({"maximum_percent": 201}, "maximum_percent: got 201: choose 100 to 200"),
        (
            {"maximum_percent": 149, "minimum_healthy_percent": 51},
            "maximum_percent: with 2 tasks, 51 % and 149 % leave a deployment none to stop and none to start: raise it",
        ),
        (
            {
                "maximum_percent": 149,
                "minimum_healthy_percent": 50,
                "autoscaling": WebAutoscalingInputs(min_count=1, max_count=4),
            },
            "maximum_percent: with 1 tasks, 50 % and 149 % leave",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=4, scale_in_cooldown_seconds=-1)},
            "autoscaling.scale_in_cooldown_seconds: got -1: choose 0 to 3600",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=4, scale_out_cooldown_seconds=3601)},
            "autoscaling.scale_out_cooldown_seconds: got 3601: choose 0 to 3600",
        ),
        ({"variables": {"A_TOKEN": "x"}}, "variables['A_TOKEN']: names a secret, and variables are plain text"),
        ({"secrets": {"A": "mail"}}, "secrets['A']: is no full ARN"),
        ({"gunicorn_workers": 0}, "gunicorn_workers: got 0: choose 1 to 256"),
        ({"worker_mib": 31}, "worker_mib: got 31: choose 32 to 16384"),
        (
            {"gunicorn_workers": 8},
            (
                "gunicorn_workers: 8 of 128 MiB need 1088 MiB, and a task has 1024: choose fewer or a larger "
                "memory_mib, or write what one takes into worker_mib"
            ),
        ),
        ({"worker_mib": 961}, "gunicorn_workers: 1 of 961 MiB need 1025 MiB, and a task has 1024: choose fewer"),
        ({"gunicorn_log_level": "loud"}, "gunicorn_log_level: got 'loud': give one of 'debug', 'info'"),
        ({"health_check_grace_seconds": 901}, "health_check_grace_seconds: got 901: choose 0 to 900"),
        ({"command": ()}, "command: is empty or has an empty part: write it as"),
        (
            {"command": ("sh", "-c", "x" * 4081)},
            "command: takes 4,097 of 4,096 bytes: put it into a script of the image",
        ),
        ({"command": ("python", "")}, "command: is empty or has an empty part"),
        (
            {"command": ("python manage.py runserver",)},
            "command: 'python manage.py runserver' is no program: give each argument as a text of its own",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=3, max_count=4)},
            "desired_count: 2 is outside of autoscaling's 3 to 4: choose one between",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=1)},
            "desired_count: 2 is outside of autoscaling's 1 to 1",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=0, max_count=1)},
            "autoscaling.min_count: got 0: choose 1 to 5000",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=2, max_count=1)},
            "autoscaling.max_count: got 1 with min_count 2: choose 2 to 5000",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=2, cpu_percent=100)},
            "autoscaling.cpu_percent: got 100: choose 10 to 95",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=2, memory_percent=9)},
            "autoscaling.memory_percent: got 9: choose 10 to 95",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=2, requests_per_target=0)},
            "autoscaling.requests_per_target: got 0: choose 1 to 1000000",
        ),
        (
            {
                "autoscaling": WebAutoscalingInputs(
                    min_count=1, max_count=2, cpu_percent=None, memory_percent=None, requests_per_target=None
                )
            },
            "autoscaling.cpu_percent: no metric is left to scale on: set one of the three",
        ),
        ({"autoscaling": AutoscalingInputs(min_count=1, max_count=2)}, "give WebAutoscalingInputs or None"),
        ({"spot_percent": 101}, "spot_percent: got 101: choose 0 to 100"),
        ({"spot_percent": 50, "on_demand_base": 5001}, "on_demand_base: got 5001: choose 0 to 5000"),
        (
            {"spot_percent": 100, "on_demand_base": 1},
            (
                "on_demand_base: is of a provider of weight 0, of which AWS says that it places no tasks: "
                "choose a spot_percent of 99 or less"
            ),
        ),
        ({"on_demand_base": 1}, "on_demand_base: has no effect without Spot: set spot_percent, or remove it"),
        ({"ephemeral_storage_gib": 20}, "ephemeral_storage_gib: got 20: choose 21 to 200, or remove it for 20"),
    ],
)
def test_what_breaks_a_rule_of_web_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(web(**changes))
    assert line in str(error.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"cpu": 300}, "cpu: Fargate has no 300 CPU units"),
        ({"desired_count": -1}, "desired_count: got -1"),
        ({"spot_percent": 101}, "spot_percent: got 101: choose 0 to 100"),
        ({"spot_percent": -1}, "spot_percent: got -1"),
        ({"ephemeral_storage_gib": 201}, "ephemeral_storage_gib: got 201"),
        ({"stop_timeout_seconds": 19}, "stop_timeout_seconds: got 19: choose 20 to 120"),
        ({"command": ()}, "command: is empty"),
        (
            {"autoscaling": AutoscalingInputs(min_count=3, max_count=5)},
            "desired_count: 2 is outside of autoscaling's 3 to 5",
        ),
        (
            {"autoscaling": AutoscalingInputs(min_count=1, max_count=5, cpu_percent=None, memory_percent=None)},
            "autoscaling.cpu_percent: no metric is left to scale on: set cpu_percent or memory_percent",
        ),
        (
            {"autoscaling": WorkerAutoscalingInputs(min_count=1, max_count=5, queue_length_per_task=0)},
            "autoscaling.queue_length_per_task: got 0: choose 1 to 1000000",
        ),
        (
            {"autoscaling": WorkerAutoscalingInputs(min_count=1, max_count=5, **NO_METRICS)},
            "autoscaling.cpu_percent: no metric is left to scale on: set one of the three",
        ),
        (
            {"autoscaling": WebAutoscalingInputs(min_count=1, max_count=5)},
            "autoscaling: no requests reach a worker to scale on: use WorkerAutoscalingInputs",
        ),
    ],
)
def test_what_breaks_a_rule_of_the_worker_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(WorkerInputs(**{**SIZE, **changes}))
    assert line in str(error.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"stop_timeout_seconds": 121}, "stop_timeout_seconds: got 121: choose 2 to 120"),
        ({"variables": {"AWS_PROFILE": "x"}}, "variables['AWS_PROFILE']: steers the credentials of the task's role"),
        ({"ephemeral_storage_gib": 0}, "ephemeral_storage_gib: got 0"),
    ],
)
def test_what_breaks_a_rule_of_beat_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(BeatInputs(**changes))
    assert line in str(error.value)


def test_no_tasks_are_one_problem_and_not_one_of_deployments_too() -> None:
    assert [each.field for each in problems(web(desired_count=0))] == ["desired_count"]


@pytest.mark.parametrize("name", ["desired_count", "autoscaling", "maximum_percent"])
def test_nobody_can_ask_for_a_second_beat(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"BeatInputs: has no input '{name}'"):
        cast("Any", BeatInputs)(**{name: 2})


@pytest.mark.parametrize(
    ("changes", "workers"),
    [
        ({}, 4),
        ({"cpu": 256, "memory_mib": 512}, 3),
        ({"cpu": 256, "memory_mib": 512, "worker_mib": 448}, 1),
        ({"gunicorn_workers": 2}, 2),
    ],
)
def test_there_are_four_workers_or_as_many_as_memory_has_room_for(changes: dict[str, Any], workers: int) -> None:
    assert web(**changes).workers == workers
