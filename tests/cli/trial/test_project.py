"""A project is found on this machine, or one line says what is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from cli.trial import project
from stacks.failure import Failure
from tests.terraform import require

PYTHON = Path(__file__).parents[3] / ".venv-app" / "bin" / "python"


@pytest.fixture
def python() -> str:
    require(PYTHON.exists(), "the packages of the application (make .venv-app/.synced)")
    return str(PYTHON)


@pytest.mark.parametrize(
    ("app", "python", "file", "what"),
    [
        ("", None, None, "APP: is not given: name the directory of the project, as `make try APP=../shop`"),
        ("{tmp}/nope", None, None, "APP: {tmp}/nope is no directory: name that of the project"),
        ("{tmp}", None, None, "{tmp}/.venv: there is no virtual environment: create it and install the requirements"),
        ("{tmp}", "{tmp}/nope", None, "--python: {tmp}/nope is no Python: name that of the project's virtual"),
        ("{tmp}", sys.executable, None, f"{sys.executable}: has no Django: install the project's requirements there"),
        ("{tmp}", None, "{tmp}/Containerfile", "--dockerfile: {tmp}/Containerfile is no file: name the Dockerfile"),
    ],
)
def test_what_is_missing_is_one_line(tmp_path: Path, app: str, python: str | None, file: str | None, what: str) -> None:
    def here(text: str) -> str:
        return text.replace("{tmp}", str(tmp_path))

    with pytest.raises(Failure, match=f"^{re.escape(here(what))}"):
        project.find(here(app), here(python) if python else None, here(file) if file else None)


def test_the_directory_is_what_the_dockerfile_copies_to_its_workdir(tmp_path: Path, python: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "Dockerfile").write_text(
        "FROM python\nENV PYTHONPATH=/app/lib:/opt A=/apple PATH=/opt/venv/bin:$PATH\nWORKDIR /app\nCOPY src /app\n"
    )
    found = project.find(str(tmp_path), python, None)
    assert (found.context, found.directory) == (tmp_path, tmp_path / "src")
    assert found.variables["PYTHONPATH"] == f"{tmp_path}/src/lib:/opt"
    assert found.variables["A"] == "/apple"
    assert found.variables["PATH"].split(":")[0] == str(PYTHON.parent)
    assert "/opt/venv/bin" not in found.variables["PATH"]


@pytest.mark.parametrize(
    ("line", "collects"),
    [("RUN python manage.py collectstatic", True), ("# RUN python manage.py collectstatic", False), ("", False)],
)
def test_a_dockerfile_that_collects_static_files_is_known(
    tmp_path: Path, python: str, line: str, collects: bool
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python\n{line}\n")
    assert project.find(str(tmp_path), python, None).collects_static_files is collects


def test_scripts_that_the_dockerfile_copies_are_run_from_the_project(tmp_path: Path, python: str) -> None:
    (tmp_path / "start").touch()
    (tmp_path / "Dockerfile").write_text("FROM python\nWORKDIR /app\nCOPY start /start-of-nobody\nCOPY . .\n")
    found = project.find(str(tmp_path), python, None)
    assert found.program(("/start-of-nobody", "/app/x", "/bin/sh")) == (
        f"{tmp_path}/start", f"{tmp_path}/x", "/bin/sh",
    )  # fmt: skip
