"""The logs of services are printed with their time and their service, once or until an interrupt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import logs
from modules.fargate_service.inputs import WorkerInputs
from stacks.config.application_inputs import JobInputs, QueueWorkerInputs
from tests import configurations
from tests.cli.conversation import deployed
from tests.cli.ecs.cluster import ACCOUNT
from tests.environments import DIRECTORY, frozen

pytestmark = pytest.mark.thorough

MOMENT = round(time.time() * 1000)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(time, "time", lambda: MOMENT / 1000)
    with deployed(tmp_path, monkeypatch) as cluster:
        for service in ("web", "worker", "beat"):
            cluster.logs.create_log_group(logGroupName=f"/ecs/django-dev/{service}")
            cluster.logs.create_log_stream(logGroupName=f"/ecs/django-dev/{service}", logStreamName="a")
        yield cluster.logs


def write(client: Any, service: str, minutes_ago: float, line: str) -> None:
    event = {"timestamp": MOMENT - round(minutes_ago * 60_000), "message": line}
    client.put_log_events(logGroupName=f"/ecs/django-dev/{service}", logStreamName="a", logEvents=[event])


def clock(minutes_ago: float) -> str:
    return f"{datetime.fromtimestamp(MOMENT / 1000, UTC) - timedelta(minutes=minutes_ago):%H:%M:%S}"


def test_all_services_are_shown_in_the_order_of_time(
    client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, "web", 1, "GET /")
    write(client, "worker", 2, "task\x07 begins")
    write(client, "beat", 60, "long ago")
    assert logs.main(["dev", "--once"], directory=tmp_path) == 0
    assert capsys.readouterr().out == f"{clock(2)} worker task\\x07 begins\n{clock(1)} web    GET /\n"


def test_one_service_and_another_time_can_be_chosen(
    client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, "beat", 60, "an hour ago")
    write(client, "web", 1, "GET /")
    assert logs.main(["dev", "beat", "--since", "61", "--once"], directory=tmp_path) == 0
    assert capsys.readouterr().out == f"{clock(60)} beat   an hour ago\n"


def test_they_are_followed_until_an_interrupt(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(client, "web", 1, "first")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        if waits:
            raise KeyboardInterrupt
        waits.append(seconds)
        write(client, "web", 0, "second")

    monkeypatch.setattr(time, "sleep", sleep)
    assert logs.main(["dev", "web"], directory=tmp_path) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["first", "second"]


def test_a_log_that_is_not_there_yet_is_told(client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.main(["dev", "init-database", "--once"], directory=tmp_path) == 1
    assert capsys.readouterr().err == "logs: dev has no such log yet: run `make deploy ENV=dev`\n"


def test_a_service_that_is_none_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert logs.main(["dev", "api"], directory=DIRECTORY) == 1
    known = "web, worker, beat, init-database, migrate, check-status"
    assert capsys.readouterr().err == f"logs: there is no 'api': use one of {known}\n"


def test_further_workers_and_jobs_have_logs_of_their_own(
    client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dev = frozen("dev")
    application = replace(
        dev.django_service.application,
        workers={"mail": QueueWorkerInputs(command=("./mail",))},
        jobs={"report": JobInputs(command=("./report",))},
    )
    mail = WorkerInputs(cpu=256, memory_mib=512, desired_count=1)
    service = replace(dev.django_service, application=application, workers={"mail": mail})
    configurations.write(tmp_path, replace(dev, account_id=ACCOUNT, django_service=service))
    for name, line in (("worker-mail", "mails"), ("job-report", "reports")):
        client.create_log_group(logGroupName=f"/ecs/django-dev/{name}")
        client.create_log_stream(logGroupName=f"/ecs/django-dev/{name}", logStreamName="a")
        write(client, name, 1, line)
        assert logs.main(["dev", name, "--once"], directory=tmp_path) == 0
        assert capsys.readouterr().out == f"{clock(1)} {name} {line}\n"


def test_in_a_rehearsal_they_are_said_to_be_empty(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REHEARSAL", "1")
    assert logs.main(["dev", "--once"], directory=tmp_path) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("logs: nothing runs on the local AWS, so that these logs are empty\n")
