"""`python -m cli try`: projects that are described by data alone, in the form in which they would be deployed."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.trial import servers
from cli.trial.command import main
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from stacks.config import (
    ApplicationInputs,
    DatabaseInputs,
    HealthInputs,
    JobInputs,
    ProcessInputs,
    QueueWorkerInputs,
    SidecarInputs,
)
from stacks.config.django_service import DjangoServiceInputs
from tests import configurations, projects
from tests.environments import DIRECTORY
from tests.support import PATIENCE_SECONDS, environment
from tests.terraform import require

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
APP_PYTHON = ROOT / ".venv-app" / "bin" / "python"
NAMES = {"SECRET_KEY": "{DJANGO_SECRET_KEY}", "ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS}"}
# Django answers 400 to the address of a task, by which the load balancer asks.
HEALTH = HealthInputs(path="/healthz/", codes="200-499")
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:agent-AbCdEf"
SHOP = ApplicationInputs(settings_module="shop.settings", variables=NAMES, health=HEALTH)


@pytest.fixture(autouse=True)
def _requirements() -> None:
    require(projects.PYTHON.exists(), projects.REMEDY)
    require(not [*servers.missing()], "PostgreSQL, Redis and OpenSSL")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # PostgreSQL is another user where this one is root, and pytest lets nobody else into its directories.
    directory = Path(tempfile.mkdtemp(prefix="test-try-"))
    directory.chmod(0o711)
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    monkeypatch.setenv("TMPDIR", str(directory))
    yield directory
    monkeypatch.undo()
    directory.rmdir()  # which is empty


def configured(
    directory: Path, application: ApplicationInputs, port: int, sidecars: tuple[SidecarInputs, ...] = ()
) -> Path:
    """A directory with an environment of this application, and sidecars of its web."""
    given = environment()
    web = WebInputs(cpu=512, memory_mib=1024, desired_count=1, container_port=port, gunicorn_workers=1)
    service = DjangoServiceInputs(
        application=application,
        ecr_repository_url=given.django_service.ecr_repository_url,
        web=replace(web, sidecars=sidecars),
        worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1) if application.worker else None,
        workers={name: WorkerInputs(cpu=256, memory_mib=512, desired_count=1) for name in application.workers or {}},
        beat=BeatInputs() if application.beat else None,
    )
    config = directory / "config"
    config.mkdir()
    configurations.write(config, replace(given, django_service=service))
    return config


def tried(
    config: Path, app: Path, capsys: pytest.CaptureFixture[str], *arguments: str, python: Path = projects.PYTHON
) -> tuple[int, dict[tuple[str, str], str], str]:
    """The exit code, the results by process and check, and all that was printed."""
    code = main([*arguments, "--app", str(app), "--python", str(python), "--seconds", "5"], directory=config)
    out, err = capsys.readouterr()
    found = {}
    for line in out.partition("\n\n")[0].splitlines()[1:]:
        process, check, result = line.split("  ", 1)[0].strip(), "", ""
        for word in ("passed", "failed", "not tried"):
            if f" {word} " in line:
                check, result = line.removeprefix(f" {process}").partition(f" {word} ")[0].strip(), word
        found[process.strip() or line.split()[0], check] = result
    return code, found, out or err


def test_the_example_passes_as_it_is_deployed(capsys: pytest.CaptureFixture[str]) -> None:
    require(APP_PYTHON.exists(), "the packages of the application (make .venv-app/.synced)")
    code, found, out = tried(DIRECTORY, ROOT / "app", capsys, "staging", python=APP_PYTHON)
    assert code == 0, out
    assert {*found.values()} == {"passed"}
    assert "Set and never read: AWS_DEFAULT_REGION.\n" in out
    assert "Next: make plan ENV=staging ARGS=--offline\n" in out


def test_a_project_with_celery_passes_by_what_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = servers.free_port()
    shop = projects.startproject(tmp_path, port=port, celery=True)
    worker = ("celery", "--app", "shop", "worker", "--loglevel", "INFO")
    application = replace(
        SHOP,
        worker=ProcessInputs(command=worker),
        workers={"mail": QueueWorkerInputs(command=(*worker, "--queues", "mail"))},
        beat=ProcessInputs(command=("celery", "--app", "shop", "beat", "--schedule", "/tmp/schedule")),
        jobs={"clean": JobInputs(command=("python", "manage.py", "clearsessions"), overlap=False)},
    )
    config = configured(tmp_path, application, port)
    code, found, out = tried(config, shop, capsys)
    assert code == 0, out
    assert found.pop(("job-clean", "starts")) == "not tried"
    assert {*found.values()} == {"passed"}
    checked = {process for process, _ in found}
    assert checked == {"image", "init-database", "migrate", "check", "web", "worker", "worker-mail", "beat"}
    code, found, out = tried(config, shop, capsys, "--process", "job-clean")
    assert code == 0, out
    assert {check: result for (process, check), result in found.items() if process == "job-clean"} == {
        "authorities": "passed",
        "directories": "passed",
        "guard": "passed",
        "exit code": "passed",
    }


def test_wagtail_passes_by_what_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = servers.free_port()
    shop = projects.wagtail(tmp_path, port=port)
    application = replace(SHOP, settings_module="shop.settings.production")
    code, found, out = tried(configured(tmp_path, application, port), shop, capsys)
    assert code == 0, out
    assert found["web", "readiness: GET https://api.example.com/healthz/"] == "passed"


def test_a_project_that_reads_names_of_its_own_passes_once_they_are_described(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = servers.free_port()
    shop = projects.startproject(tmp_path, settings=projects.POSTGRES, port=port)
    code, _, out = tried(configured(tmp_path, SHOP, port), shop, capsys)
    assert (code, "KeyError: 'POSTGRES_HOST'" in out) == (1, True), out
    names = {
        "POSTGRES_HOST": "{DATABASE_HOST}",
        "POSTGRES_PORT": "{DATABASE_PORT}",
        "POSTGRES_DB": "{DATABASE_NAME}",
        "POSTGRES_USER": "{DATABASE_USER}",
        "POSTGRES_PASSWORD": "{DATABASE_PASSWORD}",
    }
    (tmp_path / "named").mkdir()
    config = configured(tmp_path / "named", replace(SHOP, variables={**NAMES, **names}), port)
    code, _, out = tried(config, shop, capsys, "--process", "web")
    assert code == 0, out


def test_a_project_that_signs_no_tokens_signs_in_by_the_file_that_its_sidecar_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = servers.free_port()
    shop = projects.startproject(tmp_path, port=port)
    application = replace(SHOP, database=DatabaseInputs(authentication="iam", token_file=True))
    agent = SidecarInputs(name="agent", image="public.ecr.aws/acme/agent:1", memory_mib=64, secrets={"A_KEY": SECRET})
    code, found, out = tried(configured(tmp_path, application, port, (agent,)), shop, capsys)
    assert code == 0, out
    assert {process for process, check in found if check == "token-file"} == {"migrate", "check", "web"}
    assert found["check", "exit code"] == found["web", "container check"] == "passed"
    assert found["web", "container agent"] == "not tried"


def test_the_guard_stops_a_bare_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = projects.bare(tmp_path)
    code, found, out = tried(configured(tmp_path, SHOP, servers.free_port()), shop, capsys)
    assert code == 1
    assert found["migrate", "guard"] == "failed"
    assert "guard: shop.settings: DATABASES['default'] is sqlite" in out
    assert not (shop / "db.sqlite3").exists()


def test_an_interrupt_ends_everything(temporary: Path) -> None:
    require(APP_PYTHON.exists(), "the packages of the application (make .venv-app/.synced)")
    program = (
        "import sys; from pathlib import Path; from cli.trial.command import main; config = Path(sys.argv[1]); "
        "sys.exit(main(['staging', '--app', 'app', '--python', sys.argv[2]], directory=config))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(DIRECTORY), str(APP_PYTHON)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "migrate: running" in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.stderr.read().splitlines()[-1] == (
        "try: interrupted: nothing is left of it, and the next one starts afresh"
    )
    assert process.wait(PATIENCE_SECONDS) == 130
    named = [each for each in Path("/proc").glob("[0-9]*/cmdline") if _names(each, temporary)]
    assert named == []


def _names(file: Path, directory: Path) -> bool:
    try:
        return str(directory).encode() in file.read_bytes()
    except OSError:
        return False
