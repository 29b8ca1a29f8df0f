"""`pytest tests/app` runs every test twice: on SQLite and local memory, and on a real PostgreSQL and Redis.

`--backend sqlite` or `--backend postgresql` runs them once. Django reads its settings before any fixture, so each run
is a process of its own, with its servers in the environment.
"""

import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

import described
import servers

APP = Path(__file__).parents[2] / "app"
_RUNNING = "SALARIES_TEST_BACKEND"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=["both", "sqlite", "postgresql"], default="both")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if os.environ.get(_RUNNING) or config.option.collectonly or config.option.help:
        return None
    if reason := described.absent():
        print(f"skipped: {reason}", flush=True)
        return 0
    servers.stop_with_this_process()
    wanted = config.option.backend
    backends = ["sqlite", "postgresql"] if wanted == "both" else [wanted]
    return max(_run(backend, list(config.invocation_params.args)) for backend in backends)


def _run(backend: str, arguments: list[str]) -> int:
    print(f"\n=== {backend} ===", flush=True)
    environment = {**os.environ, _RUNNING: backend}
    command = [sys.executable, "-m", "pytest", *arguments]
    if backend == "sqlite":
        return _code(subprocess.call(command, env=environment))
    try:
        with servers.postgresql() as database, servers.redis() as redis:
            environment |= {
                "DATABASE_HOST": "127.0.0.1",
                "DATABASE_PORT": str(database.port),
                "DATABASE_NAME": servers.DATABASE,
                "DATABASE_USER": servers.MASTER,
                "DATABASE_PASSWORD": servers.PASSWORD,
                "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
                "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis.port}/1",
                "TEST_POSTGRESQL_DIRECTORY": str(database.directory),
                "TEST_REDIS_TLS_PORT": str(redis.tls_port),
                "TEST_REDIS_CA": str(redis.ca),
            }
            return _code(subprocess.call(command, env=environment))
    except servers.MissingError as missing:
        print(f"{'failed' if os.environ.get('CI') == 'true' else 'skipped'}: {missing}", flush=True)
        return 1 if os.environ.get("CI") == "true" else 0


def _code(code: int) -> int:
    """No test for one of the backends is no failure."""
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    marker, reason = {
        "postgresql": ("once", "has run on SQLite"),
        "sqlite": ("real", "runs on the real PostgreSQL and Redis"),
    }.get(os.environ.get(_RUNNING, ""), ("", ""))
    for item in items:
        if marker and item.get_closest_marker(marker):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _give_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """A process that does not answer must not hold up everything."""
    seconds = 900 if request.node.get_closest_marker("slow") else 120

    def expire(*_: object) -> None:
        raise TimeoutError(f"the test took longer than {seconds} seconds")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    yield
    signal.alarm(0)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    from django.core.cache import cache

    yield
    cache.clear()


@pytest.fixture(scope="session")
def postgresql() -> servers.PostgreSQL:
    """The server that this run's database is on."""
    directory = Path(os.environ["TEST_POSTGRESQL_DIRECTORY"])
    return servers.PostgreSQL(directory, int(os.environ["DATABASE_PORT"]), directory / "ca.pem")


def pytest_sessionfinish() -> None:
    """Close what Django's cache keeps open for the next question.

    redis-py closes it in `__del__`, and Python may warn of an unclosed socket before it comes to that.
    """
    for each in gc.get_objects():
        if issubclass(type(each), redis.ConnectionPool):
            each.disconnect()


@pytest.fixture
def dataset(tmp_path: Path):
    """Writes a CSV file and answers its path."""

    def write(text: str, name: str = "dataset.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def loaded(db: None, dataset):
    """Loads a CSV text into the database."""
    from django.core.management import call_command

    def load(text: str, **options: object) -> None:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            call_command("load_salary_dataset", input=dataset(text), **options)

    return load
