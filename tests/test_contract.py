"""The contract between the units and the application: variables, health checks, commands and the queue's metric.

The application runs in an environment of its own, `.venv-app`, with what the synthesized task definitions give it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from cdktf import App

from cli.deploy import superuser
from modules.fargate_service.inputs import BeatInputs, WorkerInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests import terraform
from tests.app import described, servers
from tests.support import Json, cloudflare_dns, environment, read_output

pytestmark = [pytest.mark.thorough, pytest.mark.skipif(described.absent() is not None, reason=f"{described.absent()}")]

PROJECT = Path(__file__).parents[1]
APP = PROJECT / "app"
BIN = PROJECT / ".venv-app" / "bin"

# Read by packages of the image, and not by the settings: Django, boto3 and gunicorn.
READ_BY_PACKAGES = {"DJANGO_SETTINGS_MODULE", "AWS_DEFAULT_REGION", "WEB_CONCURRENCY"}
SECRETS = {
    "DJANGO_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_",
    "DATABASE_USER": "master",
    "DATABASE_PASSWORD": "only-for-this-test",
}

# Starts Django, and prints the names that its settings asked the environment for.
ASK = """
import json, sys
from config import environment
asked, constructor = set(), environment.Environment.__init__
class Recorder(dict):
    def get(self, name, default=None):
        asked.add(name)
        return super().get(name, default)
environment.Environment.__init__ = lambda self, variables: constructor(self, Recorder(variables))
import django
django.setup()
if sys.argv[1] == "web":
    import config.gunicorn
print(json.dumps(sorted(asked)))
"""

# Prints whether a password is that of the superuser ann, and whether Django would hash it again at sign-in.
VERIFY = """
import json, sys
import django
django.setup()
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import verify_password
user = get_user_model().objects.get(username="ann", email="ann@example.com", is_superuser=True, is_staff=True)
print(json.dumps(verify_password(sys.stdin.read(), user.password)))
"""

# The variables by whose values settings differ.
CHOOSING = ("DATABASE_AUTHENTICATION", "DJANGO_SETTINGS_MODULE")

# Prints the metric of a queue in which seven tasks wait.
PUBLISH = """
import django
django.setup()
from config.celery import celery_app
from operations.queue_length import embedded_metric
print(embedded_metric(celery_app.conf.task_default_queue, 7, 0))
"""


@dataclass(frozen=True)
class Task:
    """A task of a unit, with mock outputs in place of the units upstream."""

    container: Json

    @property
    def name(self) -> str:
        return str(self.container["name"])

    @property
    def given(self) -> dict[str, str]:
        """All variables, secrets among them."""
        plain = {variable["name"]: variable["value"] for variable in self.container["environment"]}
        secret = [each["name"] for each in self.container["secrets"]]
        return plain | {name: SECRETS.get(name, "only-for-this-test") for name in secret}


def tasks(document: Json) -> dict[str, Task]:
    """The tasks of a django-service unit by name."""
    mocks = document["//"]["mock_outputs"]

    def mock(reference: re.Match[str]) -> str:
        return str(mocks[reference[1]][reference[2]])

    found = {}
    for definition in document["resource"]["aws_ecs_task_definition"].values():
        text = re.sub(
            r"\$\{data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)\}", mock, definition["container_definitions"]
        )
        (container,) = json.loads(text)
        found[container["name"]] = Task(container)
    return found


@pytest.fixture(scope="module")
def prod(documents: dict[str, Json]) -> Json:
    return documents["prod-django-service"]


def variants() -> dict[str, Environment]:
    """Environments whose tasks are given other variables than those of dev, staging and prod."""
    group = RedisGroupInputs(node_type="cache.t4g.small")
    worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1)
    service = replace(environment().django_service, worker=worker, beat=BeatInputs())
    return {
        "by_secret": environment(django_service=replace(service, database_authentication="secret")),
        "redis_by_iam": environment(
            django_service=service, redis=RedisInputs(cache=group, broker=group, iam_authentication=True)
        ),
        "not_proxied": environment(django_service=service, cloudflare_dns=cloudflare_dns(proxied=False)),
    }


@pytest.fixture(scope="module")
def every_kind(prod: Json, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The django-service unit of prod and of each variant."""
    found = {"prod": prod}
    for name, variant in variants().items():
        output = tmp_path_factory.mktemp(name)
        app = App(outdir=str(output))
        compose(app, variant)
        app.synth()
        found[name] = dict(read_output(output))["test-django-service"]
    return found


@pytest.fixture(scope="module", autouse=True)
def _application() -> None:
    terraform.require((BIN / "python").exists(), "the application's environment: run `make test`")


def run(*command: str, given: Mapping[str, str], text: str = "") -> subprocess.CompletedProcess[str]:
    """As in the container: these variables and no others but PATH, and no terminal."""
    variables = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **given}
    return subprocess.run(command, cwd=APP, env=variables, input=text, capture_output=True, text=True, timeout=60)


@cache
def _asked(kind: str, given: tuple[tuple[str, str], ...]) -> frozenset[str]:
    done = run("python", "-c", ASK, kind, given=dict(given))
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


_ASKED: dict[tuple[str, frozenset[str], tuple[str, ...]], frozenset[str]] = {}


def asked(task: Task) -> frozenset[str]:
    """What the settings ask for when the task starts with what it is given."""
    kind = "web" if task.name == "web" else "other"
    # Which settings there are follows from the names that are given, and from the values that choose: of tasks that are
    # alike in these one is asked, because each takes a second.
    choices = tuple(task.given.get(name, "") for name in CHOOSING)
    alike = (kind, frozenset(task.given), choices)
    if alike not in _ASKED:
        _ASKED[alike] = _asked(kind, tuple(sorted(task.given.items())))
    return _ASKED[alike]


class TestVariables:
    def test_nothing_that_a_task_is_given_is_unknown_to_the_application(self, every_kind: dict[str, Json]) -> None:
        for kind, document in every_kind.items():
            for task in tasks(document).values():
                unknown = task.given.keys() - asked(task) - READ_BY_PACKAGES
                assert not unknown, f"{kind}: {task.name}: the application never reads {unknown}"

    def test_what_the_application_needs_and_no_task_gives_is_listed_as_optional(
        self, every_kind: dict[str, Json]
    ) -> None:
        every_task = [task for document in every_kind.values() for task in tasks(document).values()]
        mail = {
            **tasks(every_kind["prod"])["web"].given,
            "EMAIL_HOST": "smtp.example.com",
            "EMAIL_FROM": "a@example.com",
        }
        known = _asked("web", tuple(sorted(mail.items()))).union(*map(asked, every_task))
        given = {name for task in every_task for name in task.given}
        (optional,) = re.findall(r"^May be set: (.*)$", (APP / "README.md").read_text(), re.MULTILINE)
        named = {word for span in re.findall(r"`([A-Z_ ]+)`", optional) for word in span.split()}
        assert known - given == named

    def test_environments_differ_by_values_and_not_by_variables(self, documents: dict[str, Json], prod: Json) -> None:
        for name in ("dev", "staging"):
            for task in tasks(documents[f"{name}-django-service"]).values():
                assert task.given.keys() == tasks(prod)[task.name].given.keys(), f"{name}: {task.name}"

    def test_what_reaches_a_task_is_a_value(self, every_kind: dict[str, Json]) -> None:
        for document in every_kind.values():
            for task in tasks(document).values():
                assert not [name for name, value in task.given.items() if not value or "${" in value]

    @pytest.mark.parametrize("name", ["DATABASE_HOST", "REDIS_URL", "DJANGO_SECRET_KEY", "DATABASE_USER"])
    def test_a_variable_that_is_missing_stops_the_start(self, prod: Json, name: str) -> None:
        given = {key: value for key, value in tasks(prod)["web"].given.items() if key != name}
        done = run("python", "-c", ASK, "web", given=given)
        assert done.returncode != 0
        assert f"{name}: is not set" in done.stderr


class TestCommands:
    def test_every_one_off_task_runs_a_command_that_there_is(self, prod: Json) -> None:
        for task in tasks(prod).values():
            match task.container.get("command"):
                case ["python", "manage.py", name, *options]:
                    answer = run("python", "manage.py", name, "--help", given=task.given)
                    assert answer.returncode == 0, answer.stderr
                    assert all(option in answer.stdout for option in options)
                case ["celery", *arguments]:
                    answer = run("celery", *arguments, "--help", given=task.given)
                    assert answer.returncode == 0, answer.stderr
                case other:
                    assert (task.name, other) == ("web", None), "web runs what the image says"

    def test_a_superuser_of_the_command_line_signs_in_and_is_not_hashed_again(self, tmp_path: Path) -> None:
        given = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "SQLITE_PATH": str(tmp_path / "db.sqlite3")}
        password = superuser.draw_password()
        create = superuser.command(("python", "manage.py"), "ann", "ann@example.com", superuser.hash_of(password))
        for command in (["python", "manage.py", "migrate", "--noinput"], create):
            answer = run(*command, given=given)
            assert answer.returncode == 0, answer.stderr
        answer = run("python", "-c", VERIFY, given=given, text=password)
        assert json.loads(answer.stdout) == [True, False], answer.stderr

    def test_the_image_serves_the_port_that_the_load_balancer_calls(self, prod: Json) -> None:
        (mapping,) = tasks(prod)["web"].container["portMappings"]
        (target,) = prod["resource"]["aws_lb_target_group"].values()
        (exposed,) = re.findall(r"^EXPOSE (\d+)$", (APP / "Dockerfile").read_text(), re.MULTILINE)
        bound = run("python", "-c", "import config.gunicorn as g; print(g.bind)", given=tasks(prod)["web"].given).stdout
        assert mapping["containerPort"] == target["port"] == int(exposed) == int(bound.strip().rpartition(":")[2])


@contextlib.contextmanager
def served(web: Task) -> Iterator[int]:
    """The image's own command, with what web is given, on a free port; PostgreSQL and Redis are away."""
    (text,) = re.findall(r"^CMD (\[.*\])$", (APP / "Dockerfile").read_text(), re.MULTILINE)
    port = servers.free_port()
    variables = {**web.given, "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}", "WEB_CONCURRENCY": "1"}
    environment = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **variables}
    with subprocess.Popen(
        json.loads(text), cwd=APP, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(port, server)
            yield port
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail(f"the server does not listen: exit code {server.poll()}")


@pytest.fixture(scope="module")
def port(prod: Json) -> Iterator[int]:
    with served(tasks(prod)["web"]) as port:
        yield port


class TestHealth:
    def test_the_load_balancer_finds_it_healthy(self, prod: Json, port: int) -> None:
        """It comes by the task's address, over HTTP, without the name of any host: and no database is needed."""
        (target,) = prod["resource"]["aws_lb_target_group"].values()
        check = target["health_check"]
        assert (check["protocol"], check.get("port", "traffic-port")) == ("HTTP", "traffic-port")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=check["timeout"])
        headers = {"Host": f"10.30.11.7:{target['port']}", "User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        connection.request("GET", check["path"], headers=headers)
        assert str(connection.getresponse().status) in check["matcher"].split(",")
        connection.close()

    def test_the_container_finds_itself_healthy(self, prod: Json, port: int) -> None:
        assert self.container_check(prod, port).returncode == 0

    def test_the_container_notices_that_nobody_serves(self, prod: Json) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            assert self.container_check(prod, unused.getsockname()[1]).returncode != 0

    @staticmethod
    def container_check(prod: Json, port: int) -> subprocess.CompletedProcess[str]:
        web = tasks(prod)["web"]
        kind, *command = web.container["healthCheck"]["command"]
        assert kind == "CMD"
        (mapping,) = web.container["portMappings"]
        here = [part.replace(f":{mapping['containerPort']}/", f":{port}/") for part in command]
        assert here != command
        return run(*here, given=web.given)


def test_gunicorn_reads_what_it_is_given_where_it_is_the_server(tmp_path: Path) -> None:
    service = environment().django_service
    web = replace(service.web, container_port=8080, gunicorn_workers=3, gunicorn_log_level="warning")
    application = replace(service.application, server="gunicorn")
    app = App(outdir=str(tmp_path))
    compose(app, environment(django_service=replace(service, web=web, application=application)))
    app.synth()
    given = tasks(dict(read_output(tmp_path))["test-django-service"])["web"].given
    shown = run("gunicorn", "--print-config", "shop.wsgi", given=given).stdout
    found = dict(re.findall(r"^(bind|workers|keepalive|loglevel) += (.*)$", shown, re.MULTILINE))
    assert found == {"bind": "['0.0.0.0:8080']", "workers": "3", "keepalive": "75", "loglevel": "warning"}


class TestQueue:
    def test_workers_scale_on_the_metric_that_beat_publishes(self, prod: Json) -> None:
        published = json.loads(run("python", "-c", PUBLISH, given=tasks(prod)["beat"].given).stdout)
        (described,) = published["_aws"]["CloudWatchMetrics"]
        tracking = prod["resource"]["aws_appautoscaling_policy"]["worker_scaling_queue"]
        metrics = tracking["target_tracking_scaling_policy_configuration"]["customized_metric_specification"]["metrics"]
        (waiting,) = [metric["metric_stat"]["metric"] for metric in metrics if metric["id"] == "waiting"]
        assert described["Namespace"] == waiting["namespace"]
        assert [metric["Name"] for metric in described["Metrics"]] == [waiting["metric_name"]]
        (dimensions,) = described["Dimensions"]
        assert {name: published[name] for name in dimensions} == {
            dimension["name"]: dimension["value"] for dimension in waiting["dimensions"]
        }
        assert published[waiting["metric_name"]] == 7
