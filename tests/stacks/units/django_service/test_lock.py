"""The lock of a job that may not overlap, in a project as `startproject` makes it and on a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stacks.config.application_inputs import ApplicationInputs
from stacks.units.django_service.lock import locked
from tests.app import servers
from tests.support import PATIENCE_SECONDS

pytestmark = pytest.mark.thorough

BIN = Path(__file__).parents[4] / ".venv-app" / "bin"
SHOP = ApplicationInputs(settings_module="shop.settings", manage=(str(BIN / "python"), "manage.py"))
SETTINGS = f"""
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": %s,
    "NAME": "{servers.DATABASE}", "USER": "{servers.MASTER}", "PASSWORD": "{servers.PASSWORD}"}}}}
"""
# It says that it runs, and ends with 3 when it is told so.
WAITS = ("sh", "-c", "trap 'exit 3' TERM; echo runs; read line; sleep 0.1 & wait")


@dataclass
class Project:
    home: Path
    server: servers.PostgreSQL

    def start(self, name: str, command: tuple[str, ...] = WAITS) -> subprocess.Popen[str]:
        """A job, once its command runs or it has ended."""
        program = [each.replace("timeout=30", "timeout=0.2") for each in locked(SHOP, name, command)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(program, cwd=self.home, env=variables, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    home = tmp_path_factory.mktemp("project")
    subprocess.run([BIN / "django-admin", "startproject", "shop", home], check=True, cwd=home)
    with servers.postgresql() as server, (home / "shop" / "settings.py").open("a") as settings:
        settings.write(SETTINGS % server.port)
        settings.flush()
        yield Project(home, server)


def test_while_a_job_runs_a_second_one_ends_at_once_and_another_one_runs(project: Project) -> None:
    first = project.start("report")
    assert first.stdout
    assert first.stdout.readline() == "runs\n"
    second, other = project.start("report"), project.start("clean", ("sh", "-c", "exit 5"))
    assert second.communicate() == ("", "lock: report runs already: this one was not started\n")
    assert (second.returncode, other.wait()) == (1, 5)
    first.communicate("end\n")
    assert first.returncode == 0
    assert project.start("report", ("true",)).wait() == 0


def test_a_signal_reaches_the_command_and_frees_the_lock(project: Project) -> None:
    job = project.start("stopped")
    assert job.stdout
    assert job.stdout.readline() == "runs\n"
    job.send_signal(signal.SIGTERM)
    job.communicate("end\n")
    assert job.returncode == 3
    assert project.start("stopped", ("sh", "-c", "kill -9 $$")).wait() == 128 + 9


@pytest.mark.parametrize("ignored", ["", "trap '' TERM; "])
def test_one_that_loses_its_lock_is_stopped(ignored: str, project: Project) -> None:
    job = project.start("lost", ("sh", "-c", f"{ignored}echo runs; exec sleep 600"))
    assert job.stdout
    assert job.stderr
    assert job.stdout.readline() == "runs\n"
    project.server.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert job.wait(PATIENCE_SECONDS) == 1
    assert job.stderr.read().startswith("lock: lost lost the connection that held its lock, and was stopped: ")
