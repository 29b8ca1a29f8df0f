"""The tests of app/ run only while application.py describes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.described import absent

OTHER = "stacks/config/application.py describes another project than app/"


def project(directory: Path, text: str) -> Path:
    config = directory / "stacks" / "config"
    config.mkdir(parents=True)
    (config / "application.py").write_text(text)
    (directory / "app").mkdir()
    (directory / "app" / "manage.py").touch()
    return directory


@pytest.mark.parametrize("build", ['context=".", dockerfile="app/Dockerfile"', 'context="./app"'])
def test_they_run_while_its_image_is_built(tmp_path: Path, build: str) -> None:
    assert absent(project(tmp_path, f"APPLICATION = ApplicationInputs(build=BuildInputs({build}))\n")) is None


@pytest.mark.parametrize("build", ['BuildInputs(context="../shop")', "None", 'BuildInputs(context="apps")'])
def test_they_do_not_where_another_project_is_described(tmp_path: Path, build: str) -> None:
    assert absent(project(tmp_path, f"APPLICATION = ApplicationInputs(build={build})\n")) == OTHER


def test_they_do_not_where_it_is_gone(tmp_path: Path) -> None:
    build = 'BuildInputs(context=".", dockerfile="app/Dockerfile")'
    (project(tmp_path, f"APPLICATION = ApplicationInputs(build={build})\n") / "app" / "manage.py").unlink()
    assert absent(tmp_path) == OTHER
