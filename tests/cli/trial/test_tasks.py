"""Task definitions are read as ECS reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.terraform.tree import Unit
from cli.trial import tasks
from cli.trial.tasks import Mount, Target
from stacks.failure import Failure
from tests.cli.trial import units
from tests.support import Json


def test_a_synthesized_environment_is_read_as_it_is(documents: dict[str, Json]) -> None:
    configuration = documents["prod-django-service"]
    unit = Unit(name="x", directory=Path(), home=Path(), configuration=configuration, dependencies=())
    found = tasks.read(unit)
    assert {name for name, task in found.items() if task.is_service} == {"web", "worker", "beat"}
    web = found["web"]
    assert web.target == Target(path="/health/live/", matcher="200", timeout_seconds=5, grace_seconds=60)
    assert web.main.health_check
    assert web.main.health_check.command[:3] == ("CMD", "python", "-c")
    assert (web.main.port, web.main.is_read_only, web.main.command) == (8000, True, None)
    assert web.main.mounts == (Mount(volume="tmp", path="/tmp", is_read_only=False),)
    assert web.main.variables["DJANGO_ALLOWED_HOSTS"] == "api.example.com"
    assert web.main.secrets.keys() == {"DJANGO_SECRET_KEY"}
    assert found["migrate"].main.command == ("python", "manage.py", "migrate", "--noinput")
    assert found["migrate"].target is None


def test_containers_start_after_those_that_they_wait_for() -> None:
    guard = units.container("guard", "python", essential=False)
    web = units.web(8000, dependsOn=[{"containerName": "guard", "condition": "SUCCESS"}])
    found = tasks.read(units.unit([web, guard, units.AUTHORITIES], services=("web",)))
    assert [each.name for each in found["web"].containers] == ["authorities", "guard", "web"]
    assert found["web"].main.waits_for == {"guard": "SUCCESS"}


@pytest.mark.parametrize(
    ("matcher", "accepted", "refused"),
    [("200", (200,), (201, 301)), ("200-399", (200, 302, 399), (199, 400)), ("200,301-302", (200, 301), (204, 303))],
)
def test_a_matcher_takes_what_the_load_balancer_takes(
    matcher: str, accepted: tuple[int, ...], refused: tuple[int, ...]
) -> None:
    target = Target(path="/", matcher=matcher, timeout_seconds=1, grace_seconds=1)
    assert [target.accepts(status) for status in accepted] == [True] * len(accepted)
    assert [target.accepts(status) for status in refused] == [False] * len(refused)


def test_a_unit_that_cannot_be_read_is_one_line() -> None:
    broken = units.unit([units.web(8000)])
    broken.configuration["resource"]["aws_ecs_task_definition"]["web"]["container_definitions"] = json.dumps([{}])
    with pytest.raises(
        Failure, match=r"aws_ecs_task_definition\.web: cannot be read \(KeyError\): synthesize it again"
    ):
        tasks.read(broken)
    with pytest.raises(Failure, match="has no task definition"):
        tasks.read(units.unit())
