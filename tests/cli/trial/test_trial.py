"""Projects of other people start as their task definitions say, and what is wrong is found before a deployment."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.trial import container, image, project, servers
from cli.trial.container import Kind
from cli.trial.report import Report
from cli.trial.trial import Trial
from modules.postgresql.inputs import PostgreSQLInputs
from stacks.failure import Failure
from stacks.units.django_service.guard import HOST, PROGRAM
from tests import projects
from tests.cli.trial import fake_docker, units
from tests.support import Json, environment
from tests.terraform import require

pytestmark = pytest.mark.slow

POSTGRESQL = PostgreSQLInputs(instance_class="db.t4g.small", storage_gb=50, master_username="dbmaster")


@pytest.fixture(autouse=True)
def _requirements() -> None:
    require(projects.PYTHON.exists(), projects.REMEDY)
    require(not [*servers.missing()], "PostgreSQL, Redis and OpenSSL")


@pytest.fixture
def port() -> int:
    return servers.free_port()


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # PostgreSQL is another user where this one is root, and pytest lets nobody else into its directories.
    temporary = Path(tempfile.mkdtemp(prefix="test-try-"))
    temporary.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    monkeypatch.undo()
    temporary.rmdir()  # which is empty
    assert [each for each in Path("/proc").glob("[0-9]*/cmdline") if str(temporary).encode() in _read(each)] == []


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def tried(directory: Path, *tasks: list[Json], process: str | None = None, **changes: Any) -> Report:
    """The report of a project with users and tables, and these tasks."""
    services = tuple(each[-1]["name"] for each in tasks if each[-1]["name"] in ("web", "worker", "beat", "web-api"))
    made = [[units.AUTHORITIES, units.init_database()], [units.AUTHORITIES, units.migrate()]]
    given = {task[-1]["name"]: task for task in (*made, *tasks)}
    trial = Trial(
        environment=environment(postgresql=POSTGRESQL),
        unit=units.unit(*given.values(), services=services),
        project=project.find(str(directory), str(projects.PYTHON), None),
        given={},
        readiness_path="/healthz/",
        alive_seconds=5,
    )
    return replace(trial, **changes).run(process, lambda _name, _step: None)


def results(report: Report, process: str) -> dict[str, tuple[bool | None, str]]:
    return {row.check: (row.is_passed, row.said) for row in report.rows if row.process == process}


def test_a_project_that_reads_its_variables_passes_with_its_worker_and_beat(tmp_path: Path, port: int) -> None:
    shop = projects.startproject(tmp_path, port=port, celery=True)
    worker = units.container("worker", "celery", "--app", "shop", "worker", "--loglevel", "INFO")
    beat = units.container("beat", "celery", "--app", "shop", "beat", "--schedule", "/tmp/schedule")
    api = units.web(port, "web-api")
    report = tried(shop, *([units.AUTHORITIES, each] for each in (units.web(port), api, worker, beat)))
    assert [row for row in report.rows if row.is_passed is not True] == []
    assert [*dict.fromkeys(row.process for row in report.rows)] == [
        *("image", "init-database", "migrate", "web", "web-api", "worker", "beat")
    ]
    web = results(report, "web")
    assert web["load balancer: GET /healthz/"] == (True, "in 200-499")
    assert web["visitor: GET https://api.example.com/"] == (True, "404")
    assert web["readiness: GET https://api.example.com/healthz/"] == (True, "200")
    assert web["container check"] == (True, "exit code 0")
    # Which of a visitor's paths are its, the load balancer's rule says, and no address of its own.
    further = results(report, "web-api")
    assert further["load balancer: GET /healthz/"] == (True, "in 200-499")
    assert further["container check"] == (True, "exit code 0")
    assert not [check for check in further if check.startswith(("visitor", "readiness"))]
    assert report.unread == ["REDIS_URL"]
    assert not (shop / "db.sqlite3").exists()


def test_with_an_image_docker_runs_the_same(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = projects.startproject(tmp_path, port=port)
    command = ["gunicorn", "--bind", f"0.0.0.0:{port}", "shop.wsgi"]
    config = {"WorkingDir": str(shop), "Cmd": command, "Env": []}
    asked = fake_docker.install(
        tmp_path / "bin", config, monkeypatch, f"{projects.PYTHON.parent}:{os.environ['PATH']}:"
    )
    report = tried(shop, [units.AUTHORITIES, units.web(port)], image="shop:1", project=image.find("shop:1"))
    assert [row for row in report.rows if row.is_passed is not True] == []
    assert [*dict.fromkeys(row.process for row in report.rows)] == ["init-database", "migrate", "web"]
    assert results(report, "web")["ends at SIGTERM"][0] is True
    said = asked.read_text()
    assert not [secret for secret in report.secrets if secret in said]
    runs = [each for each in map(json.loads, said.splitlines()) if each[0] == "run"]
    assert len(runs) == 6, "three times authorities, migrate, web and its check: psql is a program of this machine"
    assert all("--read-only" in each for each in runs if "gunicorn" in each)


@pytest.mark.parametrize(
    ("settings", "command"),
    [
        (projects.DRAMATIQ, ("python", "manage.py", "rundramatiq", "--processes", "1", "--threads", "1")),
        (projects.RQ, ("python", "manage.py", "rqworker", "default")),
    ],
    ids=["dramatiq", "rq"],
)
def test_other_queues_pass_as_well(tmp_path: Path, settings: str, command: tuple[str, ...]) -> None:
    shop = projects.startproject(tmp_path, settings=settings)
    report = tried(shop, [units.AUTHORITIES, units.container("worker", *command)])
    assert results(report, "worker")["is alive"] == (True, "after 5 s")
    assert results(report, "worker")["ends at SIGTERM"][0] is True


def test_a_project_that_ends_without_its_variables_is_told_by_its_own_log(tmp_path: Path, port: int) -> None:
    shop = projects.startproject(tmp_path, settings=projects.POSTGRES, port=port)
    report = tried(shop, [units.AUTHORITIES, units.web(port)])
    assert results(report, "migrate")["exit code"] == (False, "ended with exit code 1")
    assert results(report, "web") == {"starts": (None, "migrate failed")}
    assert report.logs["migrate"][-1] == "KeyError: 'POSTGRES_HOST'"
    assert report.failed == "image", "its static files need the settings as well"


def test_the_guard_stops_a_bare_project_before_it_migrates(tmp_path: Path) -> None:
    shop = projects.bare(tmp_path)
    guard = units.container("guard", "python", "manage.py", "shell", "--verbosity", "0", "--command", PROGRAM)
    guard["environment"] += units.pairs({HOST: units.POSTGRESQL + "address}"})
    waits = [{"containerName": name, "condition": "SUCCESS"} for name in ("authorities", "guard")]
    report = tried(shop, [units.AUTHORITIES, guard, units.migrate(dependsOn=waits)])
    assert results(report, "migrate") == {
        "authorities": (True, "exit code 0"),
        "guard": (False, "ended with exit code 1"),
    }
    (line,) = report.logs["migrate: guard"]
    assert line.startswith("guard: shop.settings: DATABASES['default'] is sqlite, and not the PostgreSQL at localhost")
    assert line.endswith("DEBUG is on: turn it off")


def test_a_project_that_answers_its_health_check_by_a_redirect_is_found(tmp_path: Path, port: int) -> None:
    settings = "SECURE_SSL_REDIRECT = True\nSECURE_PROXY_SSL_HEADER = None\n"
    shop = projects.startproject(tmp_path, settings=settings, port=port)
    report = tried(shop, [units.AUTHORITIES, units.web(port)], process="web")
    said = "301 to https://api.example.com/healthz/, which is the same address: read X-Forwarded-Proto"
    is_passed, found = results(report, "web")["readiness: GET https://api.example.com/healthz/"]
    assert (is_passed, found[: len(said)]) == (False, said)


def test_a_project_that_writes_beside_its_code_fails_on_a_read_only_root(tmp_path: Path) -> None:
    shop = projects.startproject(tmp_path)
    write = units.container("check", "python", "-c", "open('cache', 'w')")
    report = tried(shop, [units.AUTHORITIES, write], process="check")
    if any("kernel" in row.said or "unshare" in row.said for row in report.rows):
        pytest.skip("this kernel makes no containers")
    assert results(report, "check")["exit code"] == (False, "ended with exit code 1")
    assert report.logs["check"][-1] == "OSError: [Errno 30] Read-only file system: 'cache'"


def test_where_the_kernel_makes_no_containers_the_rest_is_tried(
    tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = Kind(command=(), reason="this system has no unshare")
    monkeypatch.setattr(container, "kind", lambda _directory: none)
    shop = projects.startproject(tmp_path, port=port)
    report = tried(shop, [units.AUTHORITIES, units.web(port)], process="web")
    assert [(row.process, row.said) for row in report.rows if row.is_passed is not True] == [
        ("all", none.reason),
        ("image", f"it would write to the project: {none.reason}"),
    ]
    assert results(report, "web")["container check"] == (True, "exit code 0")


def test_what_nobody_here_has_is_named_at_once_before_anything_starts(tmp_path: Path, port: int) -> None:
    shop = projects.startproject(tmp_path, port=port)
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe-AbCdEf"
    web = units.web(port)
    web["secrets"] += [{"name": "STRIPE_KEY", "valueFrom": arn}]
    web["environment"] += units.pairs({"DATABASE_SECRET_ARN": units.MASTER})
    with pytest.raises(Failure) as raised:
        tried(shop, [units.AUTHORITIES, web])
    assert str(raised.value).splitlines() == [
        f"DATABASE_SECRET_ARN: {units.MASTER[2:-1]} is known only to Terraform: give it a value here by --env-file",
        "STRIPE_KEY: STRIPE_KEY is a secret that only the account has: give it a value here by --env-file",
    ]


def test_a_process_that_there_is_not_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    shop = projects.startproject(tmp_path)
    with pytest.raises(Failure, match="^PROCESS: there is no task wbe: choose init-database, migrate$"):
        tried(shop, process="wbe")
    with pytest.raises(Failure, match="^PROCESS: there is no task database: choose init-database$"):
        tried(shop, process="database")


def test_no_password_is_in_a_command_line_or_a_row(tmp_path: Path) -> None:
    shop = projects.startproject(tmp_path)
    program = "import os; print(os.environ['DATABASE_URL']); raise SystemExit(3)"
    check = units.container("check", "python", "-c", program)
    report = tried(shop, [units.AUTHORITIES, check], process="check")
    (line,) = report.logs["check"]
    assert line in report.secrets, "whoever prints the log hides it"
