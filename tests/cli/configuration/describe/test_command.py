"""`make describe` shows what it would change, and writes all or nothing."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from cli.configuration.describe.command import main
from tests.cli.configuration.describe.samples import SAMPLES, STARTPROJECT_CELERY, WAGTAIL, write
from tests.cli.configuration.files import lint


@pytest.mark.parametrize("name", SAMPLES)
def test_what_it_writes_is_formatted(tmp_path: Path, name: str) -> None:
    output = tmp_path / "stacks" / "config" / "application.py"
    output.parent.mkdir(parents=True)
    (output.parent / "__init__.py").touch()
    assert main([str(write(tmp_path / "shop", SAMPLES[name])), f"--output={output}"]) == 0
    lint(output.parent)


def test_it_shows_where_each_thing_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = write(tmp_path / "shop", STARTPROJECT_CELERY)
    assert main([str(app), f"--output={tmp_path / 'application.py'}"]) == 0
    out = capsys.readouterr().out
    assert "│ QUEUE         │ {CELERY_BROKER_URL}" in out
    assert "│ shop/settings.py:8 │" in out
    assert out.splitlines()[-1] == f"Next: read it, decide what its comments ask, then make try APP={app}"


def test_a_file_that_is_there_is_replaced_only_with_consent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, output = write(tmp_path / "shop", STARTPROJECT_CELERY), tmp_path / "application.py"
    output.write_text("APPLICATION = None\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main([str(app), f"--output={output}"]) == 1
    shown = capsys.readouterr()
    assert "-APPLICATION = None\n" in shown.out
    assert shown.err == "describe: there is no terminal to ask for consent: pass --yes, as in ARGS=--yes\n"
    assert output.read_text() == "APPLICATION = None\n"
    assert main([str(app), f"--output={output}", "--yes"]) == 0
    assert "APPLICATION = ApplicationInputs(" in output.read_text()
    capsys.readouterr()
    assert main([str(app), f"--output={output}"]) == 0
    assert f"{output}: is up to date\n" in capsys.readouterr().out


def test_environments_are_held_against_it(tmp_path: Path, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop, site = write(tmp_path / "shop", STARTPROJECT_CELERY), write(tmp_path / "site", WAGTAIL)
    output = directory / "application.py"
    assert main([str(shop), "--yes"], directory=directory) == 0
    *_, written, staging, prod, _next = capsys.readouterr().out.splitlines()
    assert written == f"{output}: written"
    field = "django_service.worker.autoscaling.queue_length_per_task"
    assert staging.startswith(f"  {directory}/staging.py: {field}: ")
    assert prod.startswith(f"  {directory}/prod.py: {field}: ")
    assert main([str(site), "--yes"], directory=directory) == 0
    said = capsys.readouterr().out
    assert f"\n  {directory}/dev.py: django_service.worker: has no command, and without one it would start " in said


def test_a_credential_of_the_project_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token, output = "ghp_" + "a1" * 18, tmp_path / "application.py"
    files = {**STARTPROJECT_CELERY, "Procfile": f"worker: celery --app shop worker --token {token}\n"}
    output.write_text("APPLICATION = None\n")
    assert main([str(write(tmp_path / "shop", files)), f"--output={output}", "--yes"]) == 0
    assert token not in "".join(capsys.readouterr())


@pytest.mark.parametrize("name", ["", "none"])
def test_a_directory_that_is_not_there_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 1
    assert (
        capsys.readouterr().err == f"'{name}': is not a directory: name that of a Django project, such as APP=../shop\n"
    )
