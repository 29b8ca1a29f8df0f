"""Outputs are shown as the states have them, without Terraform, and what is sensitive is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.deploy import outputs
from tests import configurations
from tests.support import environment

STATE = {
    "outputs": {
        "port": {"value": 6379, "type": "number"},
        "endpoint": {"value": "redis.example.com", "type": "string"},
        "members": {"value": ["one", "two"], "type": ["list", "string"]},
        "token": {"value": "hunter2", "type": "string", "sensitive": True},
    }
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The directory of a project whose Redis is deployed."""
    (tmp_path / "config").mkdir()
    configurations.write(tmp_path / "config", environment(name="dev"))
    for unit, state in (("redis", STATE), ("bootstrap", STATE), ("elsewhere", STATE)):
        file = tmp_path / f"state/django/dev/{unit}/terraform.tfstate"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(state))
    return tmp_path


def show(project: Path, *arguments: str) -> int:
    return outputs.main(["dev", *arguments], directory=project / "config", project=project)


def test_a_table_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(project) == 0
    rows = [
        line.replace("│", " ").split(maxsplit=2) for line in capsys.readouterr().out.splitlines() if "redis" in line
    ]
    assert [[word.strip() for word in row] for row in rows] == [
        ["redis", "endpoint", "redis.example.com"],
        ["redis", "members", '["one", "two"]'],
        ["redis", "port", "6379"],
        ["redis", "token", "(sensitive)"],
    ]


def test_json_for_programs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(project, "redis", "--json") == 0
    values = {"endpoint": "redis.example.com", "members": ["one", "two"], "port": 6379, "token": "(sensitive)"}
    assert json.loads(capsys.readouterr().out) == {"redis": values}


def test_what_is_not_deployed_or_not_there_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(project, "network") == 1
    assert show(project, "elsewhere") == 1
    deployed, there = capsys.readouterr().err.splitlines()
    assert deployed == "dev-network is not deployed: run `make deploy ENV=dev`"
    assert there.startswith("outputs: there is no unit 'elsewhere': use one of network, postgresql, redis, ")
