"""The folder `operations` is for any Django: it knows nothing of the project that it is in."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import APP

PROJECTS = APP.parent / ".venv-projects" / "bin" / "python"


def imported(tree: ast.Module) -> set[str]:
    """The root packages that a module imports, in functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


@pytest.mark.once
def test_operations_imports_nothing_of_the_project():
    files = list((APP / "operations").rglob("*.py"))
    found = {str(file): imported(ast.parse(file.read_text())) for file in files}
    assert "django" in set().union(*found.values())
    projects = {path.name for path in APP.iterdir() if path.is_dir()} - {"operations"}
    assert {"config", "salaries"} <= projects
    assert {file: names & projects for file, names in found.items() if names & projects} == {}


@pytest.mark.once
def test_a_value_is_the_setting_else_the_variable_of_the_platform(settings, monkeypatch):
    from operations.conf import setting

    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    settings.AWS_REGION = "us-east-1"
    assert setting("AWS_REGION") == "us-east-1"
    del settings.AWS_REGION
    assert setting("AWS_REGION") == "eu-west-1"
    monkeypatch.delenv("AWS_REGION")
    assert setting("AWS_REGION", "none") == "none"


@pytest.mark.once
def test_the_queues_are_those_that_settings_publish_else_the_default_one(settings):
    from operations.queue_length import queues

    assert [list(queues(name)) for name in ("celery", "dramatiq", "rq")] == [["celery"], ["default"], ["default"]]
    settings.PUBLISHED_QUEUES = ["celery", "mail"]
    assert queues("celery") == queues("rq") == ["celery", "mail"]


# --- In a project of somebody else, which has the folder and nothing else of app/ ----------------------------------------

SETTINGS = """
from operations import logs

ALLOWED_HOSTS = ["www.example.com"]
SECURE_SSL_REDIRECT = True
INSTALLED_APPS = ["operations", *INSTALLED_APPS]
MIDDLEWARE = ["operations.middleware.RequestLog", "operations.middleware.HealthChecks", *MIDDLEWARE]
LOGGING = logs.configuration("INFO")
"""

ASK = """
from django.test import Client
for path in ("/health/live/", "/health/ready/", "/admin/"):
    print(Client().get(path, headers={"Host": "10.0.11.7:8000"}).status_code)
"""

DRAMATIQ = """
import os
INSTALLED_APPS = ["operations", "django_dramatiq"]
DRAMATIQ_BROKER = {
    "BROKER": "dramatiq.brokers.redis.RedisBroker", "OPTIONS": {"url": os.environ["REDIS_URL"]}, "MIDDLEWARE": [],
}
"""

RQ = """
import os
INSTALLED_APPS = ["django.contrib.contenttypes", "operations", "django_rq"]
RQ_QUEUES = {name: {"URL": os.environ["REDIS_URL"]} for name in ("default", "mail")}
"""

SEND = {
    "dramatiq": """
import dramatiq
work = dramatiq.actor(lambda: None, actor_name="work", queue_name="mail")
work.send()
work.send()
work.send_with_options(delay=60_000)
""",
    "rq": """
import datetime, django_rq
queue = django_rq.get_queue("mail")
queue.enqueue("builtins.print")
queue.enqueue("builtins.print")
queue.enqueue_in(datetime.timedelta(minutes=1), "builtins.print")
""",
}

PROBE = """
from operations import probes, queue_length
print(queue_length.package(), probes.broker())
"""


@pytest.fixture
def shop(tmp_path):
    """`startproject shop` with the folder beside it. Answers a function that starts a command of manage.py."""

    def start(settings: str, *arguments: str, python: str | Path = sys.executable) -> subprocess.Popen[str]:
        if not (tmp_path / "shop").exists():
            subprocess.run([python, "-m", "django", "startproject", "shop", tmp_path], check=True)
            shutil.copytree(APP / "operations", tmp_path / "operations")
            with (tmp_path / "shop" / "settings.py").open("a") as file:
                file.write(settings)
        variables = {"PATH": os.environ["PATH"], "ENVIRONMENT": "prod", "REDIS_URL": os.environ.get("REDIS_URL", "")}
        return subprocess.Popen(
            [python, "manage.py", *arguments],
            cwd=tmp_path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


@pytest.mark.once
def test_any_project_gets_health_before_its_hosts_and_logs_in_json_by_settings(shop):
    migrated = shop(SETTINGS, "migrate", "--noinput")
    assert migrated.communicate(timeout=60) and migrated.returncode == 0
    answers, log = shop(SETTINGS, "shell", "-v0", "-c", ASK).communicate(timeout=60)
    assert answers.split() == ["200", "200", "400"], log
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"level": "INFO", "logger": "request", "message": "GET /admin/", "status": 400}.items() <= lines[-1].items()


@pytest.mark.real
@pytest.mark.skipif(not PROJECTS.exists(), reason="needs the packages of the projects (make .venv-projects/.synced)")
@pytest.mark.parametrize(("package", "settings"), [("dramatiq", DRAMATIQ), ("rq", RQ)])
def test_the_queues_of_dramatiq_and_rq_are_published_until_sigterm(shop, package, settings):
    sent = shop(settings, "shell", "-v0", "-c", SEND[package] + PROBE, python=PROJECTS)
    answer, problem = sent.communicate(timeout=60)
    assert answer == f"{package} None\n", problem
    publisher = shop(settings, "publish_queue_length", "mail", "default", python=PROJECTS)
    metrics = [json.loads(publisher.stdout.readline()) for _ in range(2)]
    publisher.terminate()
    assert publisher.communicate(timeout=20) == ("", "")
    assert publisher.returncode == 0
    assert [(metric["Queue"], metric["QueueLength"], metric["Environment"]) for metric in metrics] == [
        ("mail", 2, "prod"),
        ("default", 0, "prod"),
    ]
