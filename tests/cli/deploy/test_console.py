"""Django's shell opens in a task of its own, which is stopped however the session ends."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import console
from cli.ecs import session as ecs_session
from cli.ecs.plugin import PLUGIN
from tests.cli.deploy.sessions import AGENT, CONTAINER, FAMILY, RUNS, TARGET, TASK, Sessions, refusal, serving

STOPPED = {**AGENT, "lastStatus": "STOPPED", "reason": "x"}
REACH = (
    "its subnets must reach ssmmessages, by a NAT or an interface endpoint, and a task_role_arn of your own must allow "
    "it, as docs/operate.md says"
)


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    with serving(tmp_path, monkeypatch) as found:
        yield found


def run(sessions: Sessions, *arguments: str) -> int:
    return console.main(["dev", *arguments], directory=sessions.directory)


def stopped(sessions: Sessions) -> list[str]:
    return [asked["task"] for asked in sessions.aws.asked("StopTask")]


def test_the_shell_of_the_project_opens_in_a_new_task_and_that_is_stopped_afterwards(sessions: Sessions) -> None:
    assert run(sessions) == 0
    (started,) = sessions.aws.asked("RunTask")
    assert (started["taskDefinition"], started["enableExecuteCommand"]) == (FAMILY, True)
    assert started["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    (opened,) = sessions.aws.asked("ExecuteCommand")
    assert (opened["task"], opened["container"], opened["interactive"]) == (TASK, "session", True)
    assert opened["command"] == "python manage.py shell"
    assert json.loads(sessions.ran(PLUGIN)["argv"][5]) == {"Target": TARGET}
    assert [name for name, _ in sessions.aws.calls][-1] == "StopTask"
    assert stopped(sessions) == [TASK]


def test_another_command_opens_in_its_place(sessions: Sessions) -> None:
    assert run(sessions, "--command", "/bin/sh") == 0
    assert sessions.aws.asked("ExecuteCommand")[0]["command"] == "/bin/sh"


def test_where_the_plugin_fails_its_exit_code_is_that_of_the_command_and_the_task_is_stopped(
    sessions: Sessions,
) -> None:
    sessions.program(PLUGIN, "sys.exit(3)")
    assert run(sessions) == 3
    assert stopped(sessions) == [TASK]


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_what_ends_the_command_ends_the_plugin_and_the_task(sessions: Sessions, number: str) -> None:
    kill = f"os.kill(os.getppid(), signal.{number})"
    ends = "signal.signal(signal.SIGTERM, lambda *_: (note(ended=True), sys.exit(0)))"
    sessions.program(PLUGIN, f"{ends}\n{kill}\ntime.sleep(600)")
    assert run(sessions) == 130
    assert sessions.ran(PLUGIN)["ended"] is True
    assert stopped(sessions) == [TASK]


def test_control_c_is_for_the_session_and_not_for_the_command(sessions: Sessions) -> None:
    sessions.program(PLUGIN, "os.kill(os.getppid(), signal.SIGINT)\ntime.sleep(0.2)\nsys.exit(0)")
    assert run(sessions) == 0
    assert stopped(sessions) == [TASK]


def test_an_interrupt_while_the_task_starts_stops_it(sessions: Sessions) -> None:
    sessions.aws.answers["DescribeTasks"] = KeyboardInterrupt()
    assert run(sessions) == 130
    assert stopped(sessions) == [TASK]


def test_a_signal_that_comes_while_the_task_is_stopped_waits_for_that(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sessions.aws._call

    def call(model: Any, operation: str, **given: Any) -> Any:
        if operation == "StopTask":
            os.kill(os.getpid(), signal.SIGTERM)
        return original(model, operation, **given)

    monkeypatch.setattr(sessions.aws, "_call", call)
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)  # which may receive the signal too
    other.start()
    try:
        assert run(sessions) == 130
    finally:
        ends.set()
        other.join()
    assert stopped(sessions) == [TASK]


def test_a_task_that_could_not_be_stopped_is_reported(sessions: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    sessions.aws.answers["StopTask"] = refusal("StopTask", "AccessDeniedException")
    assert run(sessions) == 0
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{FAMILY}: task abc could not be stopped: it ends by itself, or in ECS by hand"
    )


def test_a_session_that_session_manager_does_not_know_yet_is_asked_for_again(sessions: Sessions) -> None:
    answer = sessions.aws.answers["ExecuteCommand"]
    sessions.aws.answers["ExecuteCommand"] = [refusal("ExecuteCommand", "TargetNotConnectedException"), answer]
    assert run(sessions) == 0
    assert len(sessions.aws.asked("ExecuteCommand")) == 2


@pytest.mark.parametrize(
    ("operation", "answer", "line"),
    [
        (
            "RunTask",
            {"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]},
            f"{FAMILY}: ECS does not start it: RESOURCE:FARGATE",
        ),
        (
            "DescribeTasks",
            {"tasks": [{**RUNS, "lastStatus": "STOPPED", "stoppedReason": "CannotPullContainerError: gone"}]},
            f"{FAMILY}: stopped before it could be entered: CannotPullContainerError: gone",
        ),
        (
            "DescribeTasks",
            {
                "tasks": [
                    {
                        **RUNS,
                        "containers": [{**CONTAINER, "managedAgents": [STOPPED]}],
                    }
                ]
            },
            f"{FAMILY}: its agent of ECS Exec stopped: x: {REACH}",
        ),
    ],
)
def test_a_task_that_cannot_be_entered_is_told_with_the_reason(
    sessions: Sessions, operation: str, answer: Any, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.aws.answers[operation] = answer
    assert run(sessions) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{line}: see the stopped tasks of the cluster django-dev, or deploy where `session` is new"
    )


def test_one_that_is_never_ready_is_stopped(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ecs_session, "READY_SECONDS", 0)
    assert run(sessions) == 1
    assert "could not be entered within 0 minutes, and was stopped" in capsys.readouterr().err
    assert stopped(sessions) == [TASK]


def test_an_environment_without_sessions_is_told_the_line_to_add(
    sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.write(session=None)
    assert run(sessions) == 1
    assert capsys.readouterr().err == (
        "stacks/config/dev.py: django_service.session: is None: add session=SessionInputs() and deploy\n"
    )
    assert sessions.aws.calls == []


def test_a_missing_plugin_is_told_before_anything_starts(
    sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    (sessions.programs / PLUGIN).unlink()
    assert run(sessions) == 1
    assert capsys.readouterr().err == "console: session-manager-plugin is not on PATH: install it from AWS\n"
    assert sessions.aws.calls == []


def test_an_environment_that_is_not_deployed_has_no_session(
    sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.aws.answers["DescribeServices"] = {"services": []}
    assert run(sessions) == 1
    assert capsys.readouterr().err == "dev is not deployed: run `make deploy ENV=dev`\n"
    assert sessions.aws.asked("RunTask") == []
