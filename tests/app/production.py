"""The production settings in processes of their own, with the variables of the task definitions and no others."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import servers
from conftest import APP

SECRET_KEY = "a-key-for-tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"
VARIABLES = json.loads(Path(__file__).with_suffix(".json").read_text()) | {"DJANGO_SECRET_KEY": SECRET_KEY}
AWS_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def on_this_machine() -> dict[str, str]:
    """VARIABLES with this run's PostgreSQL and Redis, over TLS and with certificates checked."""
    directory = os.environ["TEST_POSTGRESQL_DIRECTORY"]
    redis, port = "rediss://localhost", os.environ["TEST_REDIS_TLS_PORT"]
    return VARIABLES | {
        "DATABASE_HOST": "localhost",
        "DATABASE_PORT": os.environ["DATABASE_PORT"],
        "DATABASE_NAME": servers.DATABASE,
        "DATABASE_USER": servers.MASTER,
        "DATABASE_AUTHENTICATION": "password",
        "DATABASE_PASSWORD": servers.PASSWORD,
        "DATABASE_CA_BUNDLE": f"{directory}/ca.pem",
        "REDIS_URL": f"{redis}:{port}/0?ssl_cert_reqs=required",
        "CELERY_BROKER_URL": f"{redis}:{port}/1?ssl_cert_reqs=required",
        "REDIS_CA_BUNDLE": os.environ["TEST_REDIS_CA"],
    }


def environment(variables: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1", **variables}


def manage(*arguments: str, variables: dict[str, str] = VARIABLES) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=APP, env=environment(variables), capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@contextlib.contextmanager
def gunicorn(variables: dict[str, str], config: str = "python:config.gunicorn") -> Iterator[int]:
    """Serves as the image does, but on a free port of loopback; answers the port."""
    port = servers.free_port()
    # Into a file: a pipe that nobody empties would stop the server once its log has filled it.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", config, "--bind", f"127.0.0.1:{port}",
             "config.wsgi"],
            cwd=APP, env=environment({**variables, "WEB_CONCURRENCY": "2"}), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            servers.wait_for_port(port)
            yield port
        finally:
            process.terminate()
            process.wait(60)
            log.seek(0)
            print(log.read())
