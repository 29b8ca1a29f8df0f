"""A command runs in the environment as a task of its own: its lines are printed and its exit code is returned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deploy import run
from stacks.config.application_inputs import JobInputs
from tests import configurations
from tests.cli.conversation import CHECK, serving
from tests.cli.ecs.cluster import Cluster
from tests.environments import DIRECTORY, frozen

pytestmark = pytest.mark.thorough


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with serving(tmp_path, monkeypatch) as found:
        yield found


def test_its_lines_and_its_exit_code_are_those_of_the_command(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.aws.ecs.exit_codes[CHECK] = 7
    cluster.aws.ecs.logs[CHECK] = ["one", "\x1b[31mtwo"]
    assert run.main(["dev", "python manage.py shell -c 'print(1)'"], directory=tmp_path) == 7
    captured = capsys.readouterr()
    assert captured.out == "one\n\\x1b[31mtwo\n"
    (ran,) = cluster.aws.ecs.runs
    assert ran.command == ("python", "manage.py", "shell", "-c", "print(1)")
    assert f"It ended with exit code 7; its log is {cluster.log}, stream ecs/check-status/" in captured.err


def test_it_runs_with_the_permissions_of_the_task_that_is_named(cluster: Cluster, tmp_path: Path) -> None:
    cluster.register("django-dev-init-database")
    command = "python manage.py init_database"
    assert run.main(["dev", "--task", "init-database", command], directory=tmp_path) == 0
    assert [ran.family for ran in cluster.aws.ecs.runs] == ["django-dev-init-database"]


def test_without_a_command_a_task_that_is_named_runs_its_own(cluster: Cluster, tmp_path: Path) -> None:
    cluster.register("django-dev-init-database")
    assert run.main(["dev", "", "--task", "init-database"], directory=tmp_path) == 0
    assert [(ran.family, ran.command) for ran in cluster.aws.ecs.runs] == [("django-dev-init-database", ())]


def test_a_job_starts_by_hand_with_its_own_command(cluster: Cluster, tmp_path: Path) -> None:
    dev = frozen("dev")
    jobs = {"report": JobInputs(command=("python", "manage.py", "report"))}
    application = replace(dev.django_service.application, jobs=jobs)
    configurations.write(tmp_path, replace(dev, django_service=replace(dev.django_service, application=application)))
    cluster.register("django-dev-job-report")
    assert run.main(["dev", "--job", "report"], directory=tmp_path) == 0
    assert [(ran.family, ran.command) for ran in cluster.aws.ecs.runs] == [("django-dev-job-report", ())]


def test_it_is_stopped_after_the_minutes_that_it_has(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["dev", "true", "--minutes", "0"], directory=tmp_path) == 1
    assert "has not ended in 0 minutes, and was stopped" in capsys.readouterr().err


def test_one_that_does_not_start_is_told_with_the_reason(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.aws.ecs.cannot_start[CHECK] = "CannotPullContainerError: gone"
    assert run.main(["dev", "true"], directory=tmp_path) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{CHECK}: was stopped before it ran: CannotPullContainerError: gone: "
        "see the stopped tasks of the cluster django-dev"
    )


def test_an_environment_that_is_not_deployed_is_told(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.ecs.delete_service(cluster=cluster.prefix, service=cluster.web, force=True)
    assert run.main(["dev", "true"], directory=tmp_path) == 1
    assert capsys.readouterr().err == "dev is not deployed: run `make deploy ENV=dev`\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dev", ""], 'run: the command is empty: give CMD="python manage.py …"'),
        (["dev", "echo 'x"], 'run: "echo \'x": No closing quotation: quote it as a shell would'),
        (
            ["dev", "true", "--task", "nope"],
            "run: there is no task 'nope': use one of init-database, migrate, check-status",
        ),
        (["dev", "--job", "nope"], "run: there is no job 'nope': describe it in jobs of application.py"),
        (["dev"], 'run: the command is empty: give CMD="python manage.py …"'),
        (
            ["dev", "--task", "nope", "true", "--quick"],
            "python -m cli run: unrecognized arguments: --quick: see python -m cli run --help",
        ),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_is_asked(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(arguments, directory=DIRECTORY) == 1
    assert capsys.readouterr().err == f"{said}\n"


def test_in_a_rehearsal_no_command_runs(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REHEARSAL", "1")
    assert run.main(["dev", "python manage.py check"], directory=tmp_path) == 0
    line = "run: nothing runs on the local AWS: the task ends with 0, whatever the command is\n"
    assert line in capsys.readouterr().err
