"""What a sidecar may be, and what the sidecars of a task leave to its process."""

from __future__ import annotations

from typing import Any

import pytest

from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.task_definition.sidecar_inputs import SidecarHealthCheckInputs, SidecarInputs
from modules.validation import line, problems, validate

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:agent-AbCdEf"


def sidecar(**changes: Any) -> SidecarInputs:
    return SidecarInputs(**{"name": "agent", "image": "public.ecr.aws/acme/agent:1.2", "memory_mib": 64, **changes})


def check(**changes: Any) -> dict[str, SidecarHealthCheckInputs]:
    return {"health_check": SidecarHealthCheckInputs(**{"command": ("/healthy",), **changes})}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user": "nginx:nginx", "writable_directories": ("/tmp", "/var/cache/nginx")},
        {"image": f"agent@sha256:{'0' * 64}", "memory_mib": 6, "cpu": 2, "stop_timeout_seconds": 120},
        {"variables": {"LEVEL": "info"}, "secrets": {"API_KEY": SECRET}},
        check(interval_seconds=5, timeout_seconds=2, retries=10, start_seconds=300),
        check(command=("sh", "-c", "test -e /tmp/up"), interval_seconds=300),
        {"starts_first": True, **check(interval_seconds=100, timeout_seconds=20)},
    ],
)
def test_what_is_right_is_accepted(changes: dict[str, Any]) -> None:
    validate(sidecar(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "an_agent"}, "name: 'an_agent' is not a valid name: use 1 to 32 of a-z, 0-9 and single hyphens"),
        ({"image": "agent"}, "image: 'agent' is no image with a version: write it as"),
        ({"image": "agent:latest"}, "image: 'agent:latest' is no image with a version"),
        *(({"user": user}, f"user: '{user}' is root: use a") for user in ("root", "0", "00", "0:1000", "1000:root")),
        ({"user": "a b"}, "user: 'a b' is not a user"),
        ({"memory_mib": 5}, "memory_mib: got 5: choose 6 or more"),
        ({"cpu": 1}, "cpu: got 1: choose 2 or more"),
        ({"command": ("agent --all",)}, "command: 'agent --all' is no program"),
        ({"entry_point": ()}, 'entry_point: is empty or has an empty part: write it as ("/agent", "--verbose")'),
        ({"variables": {"API_KEY": "x"}}, "variables['API_KEY']: names a secret, and variables are plain text"),
        ({"secrets": {"API_KEY": "agent"}}, "secrets['API_KEY']: is no full ARN"),
        ({"writable_directories": ("tmp",)}, "writable_directories: 'tmp' is no absolute path"),
        ({"writable_directories": ("/tmp", "/tmp/a")}, "writable_directories: /tmp/a is /tmp, or within it"),
        ({"stop_timeout_seconds": 1}, "stop_timeout_seconds: got 1: choose 2 to 120"),
        (check(command=()), 'health_check.command: is empty or has an empty part: write it as ("/healthcheck",)'),
        *(
            (check(command=(form, "true")), f"health_check.command: begins with {form}, which is no program: leave it")
            for form in ("CMD", "CMD-SHELL")
        ),
        (
            {"starts_first": True, **check(interval_seconds=101, timeout_seconds=20)},
            "health_check.interval_seconds: 101 and timeout_seconds 20 are longer than the 120 of starts_first: choose",
        ),
        (check(interval_seconds=4), "health_check.interval_seconds: got 4: choose 5 to 300"),
        (check(timeout_seconds=61), "health_check.timeout_seconds: got 61: choose 2 to 60"),
        (check(retries=11), "health_check.retries: got 11: choose 1 to 10"),
        (check(start_seconds=301), "health_check.start_seconds: got 301: choose 0 to 300"),
    ],
)
def test_what_is_wrong_is_refused(changes: dict[str, Any], said: str) -> None:
    (found,) = map(line, problems(sidecar(**changes)))
    assert found.startswith(said)


@pytest.mark.parametrize("cls", [WebInputs, WorkerInputs, BeatInputs])
def test_sidecars_leave_something_to_the_process_and_have_names_of_their_own(cls: Any) -> None:
    def lines(*sidecars: SidecarInputs) -> list[str]:
        size = {"cpu": 256, "memory_mib": 1024}
        counted = {} if cls is BeatInputs else {"desired_count": 1}
        fitting = {"gunicorn_workers": 1, "worker_mib": 32} if cls is WebInputs else {}
        return [*map(line, problems(cls(**size, **counted, **fitting, sidecars=sidecars)))]

    assert lines(sidecar(memory_mib=464), sidecar(name="proxy", memory_mib=432, cpu=255)) == []
    few = lines(sidecar(memory_mib=464, cpu=128), sidecar(name="proxy", memory_mib=433, cpu=128))
    remedy = "choose a larger size, or less for sidecars"
    assert few[:2] == [
        f"memory_mib: sidecars take 897 MiB of 1024, and the process needs 128: {remedy}",
        f"cpu: sidecars take 256 CPU units of 256, and the process needs 1: {remedy}",
    ]
    assert lines(sidecar(), sidecar()) == ["sidecars[1].name: 'agent' is another one's too: choose another name"]
    many = [sidecar(name=f"agent-{number}", memory_mib=6) for number in range(6)]
    assert lines(*many) == ["sidecars: got 6: keep to 5: a task has 10 containers at most"]


def test_workers_of_gunicorn_are_as_many_as_fit_beside_them() -> None:
    size: dict[str, Any] = {"cpu": 512, "memory_mib": 1024, "desired_count": 1}
    assert WebInputs(**size).workers == 4
    beside = WebInputs(**size, sidecars=(sidecar(memory_mib=640),))
    assert beside.workers == 2
    (found,) = map(line, problems(WebInputs(**size, sidecars=beside.sidecars, gunicorn_workers=3)))
    assert found.startswith("gunicorn_workers: 3 of 128 MiB need 448 MiB, and a task has 384: choose fewer")
