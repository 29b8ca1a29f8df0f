"""The image: its file, and its steps run on this machine."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import image
import production
import servers

pytestmark = pytest.mark.once

BUILD, FINAL = image.stages()


def test_hadolint_finds_nothing():
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, image.DOCKERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_only_the_application_s_category_of_the_lock_is_installed_by_its_hashes():
    (exported,) = re.findall(r"pipenv requirements (.*?) >", "\n".join(image.arguments(BUILD, "RUN")))
    assert exported.split() == ["--categories", "app", "--hash"]
    (installed,) = re.findall(r"venv/bin/pip install (.*)", "\n".join(image.arguments(BUILD, "RUN")))
    assert {"--require-hashes", "--no-deps"} <= set(installed.split())
    assert installed.split()[-2:] == ["--requirement", "requirements.txt"]
    assert not any("pip" in step for step in image.arguments(FINAL, "RUN"))


def test_the_image_and_the_makefile_use_the_same_pipenv():
    (version,) = re.findall(r"pipenv==(\S+)", image.DOCKERFILE.read_text())
    assert f"PIPENV_VERSION := {version}\n" in (image.PROJECT / "Makefile").read_text()


def test_every_package_that_the_application_imports_is_in_its_category():
    """What only the tests or the generator bring would be missing in the image."""
    pipfile = tomllib.loads((image.PROJECT / "Pipfile").read_text())
    locked = json.loads((image.PROJECT / "Pipfile.lock").read_text())["app"]
    assert {name.lower() for name in pipfile["app"]} <= set(locked)
    code = "import sys\nfor name in sys.argv[1:]: __import__(name)"
    imported = set()
    for path in image.APP.rglob("*.py"):
        imported |= set(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(), re.MULTILINE))
    ours = {path.name.removesuffix(".py") for path in image.APP.iterdir()}
    # Of the queues that the folder of operations knows, this project has one.
    extras = tomllib.loads((image.APP / "operations/pyproject.toml").read_text())["project"]["optional-dependencies"]
    others = {re.match(r"[\w-]+", each)[0].replace("-", "_") for name in ("dramatiq", "rq") for each in extras[name]}
    foreign = imported - ours - others - set(sys.stdlib_module_names)
    subprocess.run([sys.executable, "-c", code, *foreign], check=True)
    by_module = {"rest_framework": "djangorestframework", "drf_spectacular": "drf-spectacular", "kombu": "kombu",
                 "rest_framework_simplejwt": "djangorestframework-simplejwt"}  # fmt: skip
    assert {by_module.get(name, name) for name in foreign} <= set(locked)


def test_the_image_runs_as_nobody_in_particular_without_a_shell():
    assert image.arguments(FINAL, "USER") == ["10001:10001"]
    assert image.command(FINAL, "CMD")[0] == "gunicorn"
    assert image.command(FINAL, "HEALTHCHECK")[0] == "python"
    assert "migrate" not in image.DOCKERFILE.read_text(), "migrations are a task of their own"


def test_nothing_secret_or_local_gets_into_the_image(tmp_path, monkeypatch):
    (tmp_path / "app/config/__pycache__").mkdir(parents=True)
    (tmp_path / "app/data/raw").mkdir(parents=True)
    wanted = {"Pipfile", "Pipfile.lock", "app/manage.py", "app/data/sample_source.csv", "app/config/wsgi.py"}
    unwanted = {"app/.env", "app/db.sqlite3-wal", "app/data/raw/x.csv", "app/config/__pycache__/x.pyc", "main.py"}
    for name in wanted | unwanted:
        (tmp_path / name).touch()
    monkeypatch.setattr(image, "PROJECT", tmp_path)
    monkeypatch.setattr(image, "APP", tmp_path / "app")
    assert {path.as_posix() for path in image.context()} == wanted


def test_static_files_are_collected_with_the_variables_of_the_dockerfile(tmp_path):
    """By nothing but these: a variable that the settings want and the Dockerfile does not set fails here."""
    (step,) = [step for step in image.arguments(BUILD, "RUN") if "collectstatic" in step]
    image.copy(tmp_path, "app", tmp_path / "srv/app")
    shell = image.below(tmp_path, step).replace(f"{tmp_path}/opt/venv/bin/python", sys.executable)
    image.run(shell, tmp_path / "srv/app", {"PATH": os.environ["PATH"]})
    manifest = json.loads((tmp_path / "srv/app/staticfiles/staticfiles.json").read_text())["paths"]
    name = manifest["salaries/dashboard.js"]
    assert re.fullmatch(r"salaries/dashboard\.[0-9a-f]{12}\.js", name)
    assert (tmp_path / "srv/app/staticfiles" / f"{name}.gz").is_file()


@pytest.mark.slow
def test_the_steps_of_the_image_make_a_server_that_its_health_check_finds_healthy(tmp_path):
    """Every step of the first stage in a clean directory, then CMD and HEALTHCHECK of the second."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    image.build(tmp_path, python=tmp_path / "python/bin")

    def in_image(*command: str, **changes: str) -> dict[str, object]:
        paths = image.below(tmp_path, image.variables(FINAL)["PATH"]).replace("$PATH", os.environ["PATH"])
        settings = production.VARIABLES | production.AWS_CREDENTIALS | image.variables(FINAL) | {"PATH": paths}
        return {"args": command, "cwd": tmp_path / "srv/app", "env": settings | changes, "text": True}

    listed = subprocess.run(**in_image("pip", "list", "--format", "json"), check=True, capture_output=True)
    locked = json.loads((image.PROJECT / "Pipfile.lock").read_text())["app"]
    installed = {re.sub(r"[-_.]+", "-", entry["name"]).lower() for entry in json.loads(listed.stdout)}
    assert installed - {"pip", "setuptools"} == {re.sub(r"[-_.]+", "-", name) for name in locked}
    subprocess.run(**in_image("pip", "check"), check=True, capture_output=True)

    port = servers.free_port()
    with (tmp_path / "log").open("w+") as log:
        server = subprocess.Popen(
            **in_image(*image.command(FINAL, "CMD"), GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port}"),
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            servers.wait_for_port(port)
            check = [part.replace(":8000", f":{port}") for part in image.command(FINAL, "HEALTHCHECK")]
            assert subprocess.run(**in_image(*check), timeout=60).returncode == 0
        finally:
            server.terminate()
            assert server.wait(60) == 0
        assert subprocess.run(**in_image(*check), timeout=60, stderr=subprocess.DEVNULL).returncode != 0
