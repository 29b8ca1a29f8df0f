"""What the tests of the application give its processes: the variables of web in prod of tests/environments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.snapshots import accepted
from tests.support import Json
from tests.test_contract import tasks

FILE = Path(__file__).parents[1] / "app" / "production.json"


def test_they_are_those_of_its_task(documents: dict[str, Json], request: pytest.FixtureRequest) -> None:
    container = tasks(documents["prod-django-service"])["web"].container
    given = {variable["name"]: variable["value"] for variable in container["environment"]}
    if accepted.is_asked_for(request.config):
        accepted.accept(request.config, FILE, json.dumps(given, indent=2) + "\n")
    assert json.loads(FILE.read_text()) == given, "accept them by `make snapshots`"
