"""What runs is asked for only where a plan needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.review.planning import running
from cli.terraform.paused import Paused, PauseRecord
from cli.terraform.tree import Unit
from tests.cli.deploy.fakes import FakeServices, service, unit
from tests.cli.review.planning.test_planning import VARIABLE
from tests.environments import DIRECTORY


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    """Those of every environment."""
    found = FakeServices([service(name="django-prod-web", image="registry.test/django:1.4.2")])
    monkeypatch.setattr(running, "Services", lambda *_: found)
    return found


def of(tmp_path: Path, environment: str, name: str = "django-service", **configuration: Any) -> Unit:
    backend = {"s3": {"key": f"django/{environment}/{name}/terraform.tfstate"}}
    return unit(tmp_path, f"{environment}-{name}", terraform={"backend": backend}, **configuration)


def test_the_tag_of_the_web_service_is_the_one_that_runs(tmp_path: Path, services: FakeServices) -> None:
    assert running.image_tags([of(tmp_path, "prod", **VARIABLE)], {}, DIRECTORY) == {"prod": "1.4.2"}
    services.found = [replace(services.found[0], image=f"registry.test/django@sha256:{'a' * 64}")]
    assert running.image_tags([of(tmp_path, "prod", **VARIABLE)], {}, DIRECTORY) == {"prod": f"sha256:{'a' * 64}"}


def test_where_no_service_runs_there_is_none(tmp_path: Path, services: FakeServices) -> None:
    assert running.image_tags([of(tmp_path, "dev", **VARIABLE)], {}, DIRECTORY) == {"dev": ""}


def test_nobody_is_asked_where_a_tag_is_given_or_not_wanted_or_the_environment_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "Services", lambda *_: pytest.fail("it was asked"))
    assert running.image_tags([of(tmp_path, "prod", **VARIABLE)], {"TF_VAR_image_tag": "1.0.0"}, DIRECTORY) == {}
    assert running.image_tags([of(tmp_path, "prod", "network")], {}, DIRECTORY) == {}
    assert running.image_tags([of(tmp_path, "elsewhere", **VARIABLE)], {}, DIRECTORY) == {}


def test_of_those_that_are_planned_the_paused_ones_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paused = Paused(since=datetime(2026, 1, 31, tzinfo=UTC), by="ann", tasks={}, schedules=(), alarms=())
    monkeypatch.setattr(PauseRecord, "read", lambda record: paused if "/dev/" in record.key else None)
    units = [of(tmp_path, "prod", "network"), of(tmp_path, "dev", "network"), of(tmp_path, "elsewhere")]
    assert running.paused(units, DIRECTORY) == ["dev"]
    assert running.paused(units[:1], DIRECTORY) == []
