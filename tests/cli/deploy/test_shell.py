"""A shell opens in a running task by ECS Exec, and where it cannot, it is told why."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.deploy import shell
from cli.ecs.plugin import PLUGIN
from cli.terraform import environment as environments
from tests import configurations
from tests.environments import DIRECTORY, frozen

SESSION = {"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "t"}
TASK = "arn:aws:ecs:us-east-1:123456789012:task/django-dev/abc"


class Ecs:
    """One web task, with what AWS puts beside the container."""

    def __init__(self) -> None:
        self.tasks = [TASK]
        self.started = True
        self.asked: dict[str, Any] = {}

    def list_tasks(self, **_: Any) -> Any:
        return {"taskArns": self.tasks}

    def describe_tasks(self, **_: Any) -> Any:
        beside, web = {"name": "aws-guardduty-agent", "runtimeId": "abc-1"}, {"name": "web", "runtimeId": "abc-2"}
        starting = {"taskArn": f"{TASK}-starting", "containers": []}
        return {"tasks": [starting, *([{"taskArn": TASK, "containers": [beside, web]}] if self.started else [])]}

    def execute_command(self, **asked: Any) -> Any:
        self.asked = asked
        return {"session": SESSION}


class Became(BaseException):
    """What the process has become."""


@pytest.fixture
def ecs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ecs:
    """A plugin on PATH, which is not started, and ECS."""
    found = Ecs()

    def become(_program: str, command: list[str]) -> None:
        raise Became(command)

    plugin = tmp_path / PLUGIN
    plugin.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "execvp", become)
    monkeypatch.setattr(environments, "session_of", lambda _: SimpleNamespace(client=lambda _name: found))
    return found


def test_it_becomes_the_session_of_our_container(ecs: Ecs) -> None:
    with pytest.raises(Became) as caught:
        shell.main(["dev"], directory=DIRECTORY)
    (command,) = caught.value.args
    program, session, region, action, profile, parameters, endpoint = command
    assert (program, region, action, profile) == (PLUGIN, "us-east-1", "StartSession", "")
    assert json.loads(session) == SESSION
    assert json.loads(parameters) == {"Target": "ecs:django-dev_abc_abc-2"}
    assert endpoint == "https://ssm.us-east-1.amazonaws.com"
    assert (ecs.asked["container"], ecs.asked["command"], ecs.asked["interactive"]) == ("web", "/bin/sh", True)


def test_where_ecs_exec_is_off_it_names_the_input(ecs: Ecs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dev = frozen("dev")
    service = dev.django_service
    off = replace(dev, django_service=replace(service, runtime=replace(service.runtime, execute_command=False)))
    configurations.write(tmp_path, off)
    assert shell.main(["dev"], directory=tmp_path) == 1
    assert capsys.readouterr().err.startswith("stacks/config/dev.py: django_service.runtime.execute_command: is off: ")


def test_a_missing_plugin_is_told(ecs: Ecs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / PLUGIN).unlink()
    assert shell.main(["dev"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == "shell: session-manager-plugin is not on PATH: install it from AWS\n"


def test_where_no_task_runs_it_says_so(ecs: Ecs, capsys: pytest.CaptureFixture[str]) -> None:
    ecs.tasks = []
    assert shell.main(["dev", "worker"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == "shell: no task of django-dev-worker runs: see `make status ENV=dev`\n"


def test_a_task_that_is_about_to_start_has_no_container_to_open_it_in(
    ecs: Ecs, capsys: pytest.CaptureFixture[str]
) -> None:
    ecs.started = False
    assert shell.main(["dev"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == (
        "shell: no task of django-dev-web has started: try again, or see `make status ENV=dev`\n"
    )


def test_a_service_that_is_not_there_is_told(ecs: Ecs, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["dev", "fax"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == "shell: there is no service 'fax': use one of web, worker, beat\n"


def test_in_a_rehearsal_there_is_no_task(
    ecs: Ecs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REHEARSAL", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.test")
    assert shell.main(["dev"], directory=DIRECTORY) == 1
    line = "shell: the local AWS has no ECS Exec: run a command by `make run`\n"
    assert capsys.readouterr().err.endswith(line)
