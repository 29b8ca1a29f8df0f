"""A project that signs no tokens finds one in the password file of libpq, which a sidecar of its own image renews."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from cli.trial import role, servers
from modules import credentials
from modules.validation import line, problems
from stacks.config.application_inputs import ProcessInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.schema import Environment
from stacks.units.django_service.token_file import PROGRAM
from tests import projects
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import POSTGRESQL, RDS_USER, allowed, unit
from tests.support import Json, environment
from tests.terraform import require

VARIABLES = {"DB_PASSWORD": "{DATABASE_PASSWORD}", "DB_URL": "{DATABASE_URL}", "FILE": "at {PGPASSFILE}"}
SETTINGS = DatabaseInputs(authentication="iam", token_file=True)


def environment_with(variables: dict[str, str | None] | None = None, **database: Any) -> Environment:
    application = replace(
        APPLICATION,
        guard=True,
        image_declares_volumes=False,
        init_database=None,
        database=replace(SETTINGS, **database),
        variables=variables or VARIABLES,
    )
    return environment(django_service=replace(environment().django_service, application=application))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(environment_with())


def containers(document: Json, task: str) -> dict[str, Json]:
    definition = document["resource"]["aws_ecs_task_definition"][task]["container_definitions"]
    return {each["name"]: each for each in json.loads(definition)}


def variables(container: Json) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["environment"]}


@pytest.mark.parametrize(("task", "user"), [("web_task", "app_user"), ("task_migrate", "migrator")])
def test_each_task_has_a_sidecar_of_its_own_image_that_signs_for_its_user(document: Json, task: str, user: str) -> None:
    found = containers(document, task)
    main, sidecar = next(iter(found.values())), found["token-file"]
    assert (sidecar["image"], sidecar["essential"], "user" in sidecar) == (main["image"], True, False)
    assert (sidecar["entryPoint"], sidecar["command"]) == (["python", "-IS", "-c"], [PROGRAM])
    assert sidecar["secrets"] == []
    assert variables(sidecar) == {
        "AWS_REGION": "us-east-1",
        "DATABASE_HOST": f"${{{POSTGRESQL}.address}}",
        "DATABASE_PORT": f"${{{POSTGRESQL}.port}}",
        "DATABASE_USER": user,
        "PGPASSFILE": "/etc/token-file/pgpass",
        "RENEWAL_SECONDS": "300",
    }
    name = task.removeprefix("task_").removesuffix("_task")
    assert allowed(document, name)["rds-db:connect"] == [f"{RDS_USER}/{user}"]


def test_the_gate_reads_no_credential_in_what_its_containers_run(document: Json) -> None:
    found = containers(document, "web_task")
    assert "token-file" in found
    kinds = {name: credentials.within("command", each.get("command")) for name, each in found.items()}
    assert kinds == dict.fromkeys(found)


def test_what_is_of_the_application_starts_when_there_is_a_token_and_may_only_read_it(document: Json) -> None:
    found = containers(document, "web_task")
    waits = {
        name: {each["containerName"]: each["condition"] for each in it.get("dependsOn", ())}
        for name, it in found.items()
    }
    before = {"directories": "SUCCESS", "authorities": "SUCCESS"}
    assert waits["token-file"] == before
    assert waits["guard"] == {**before, "token-file": "HEALTHY"}
    assert waits["web"] == {**before, "guard": "SUCCESS", "token-file": "HEALTHY"}
    assert found["token-file"]["healthCheck"]["command"] == ["CMD", "test", "-s", "/etc/token-file/pgpass"]
    read_only = {
        name: [each["readOnly"] for each in it["mountPoints"] if each["containerPath"] == "/etc/token-file"]
        for name, it in found.items()
    }
    assert read_only == {
        "web": [True], "guard": [True], "authorities": [True], "directories": [False], "token-file": [False]
    }  # fmt: skip
    assert found["directories"]["command"] == ["chmod 1777 /tmp /etc/token-file || true"]


def test_a_project_that_reads_a_password_or_a_url_finds_one_without_it(document: Json) -> None:
    found = variables(containers(document, "web_task")["web"])
    address = f"${{{POSTGRESQL}.address}}:${{{POSTGRESQL}.port}}/${{{POSTGRESQL}.database_name}}"
    url = f"postgres://app_user@{address}"
    assert (found["DATABASE_PASSWORD"], found["DATABASE_URL"]) == ("", url)
    assert (found["DB_PASSWORD"], found["DB_URL"]) == ("", url)
    assert (found["PGPASSFILE"], found["FILE"]) == ("/etc/token-file/pgpass", "at /etc/token-file/pgpass")
    assert found["PGSSLMODE"] == "verify-full"


def test_another_template_keeps_its_form_without_the_password() -> None:
    found = containers(unit(environment_with(url="pg://{user}:x{password}@{host}")), "web_task")["web"]
    assert variables(found)["DATABASE_URL"] == f"pg://app_user:x@${{{POSTGRESQL}.address}}"


def test_psql_makes_users_that_sign_in_by_token_and_has_no_file(document: Json) -> None:
    found = containers(document, "task_init_database")
    assert "token-file" not in found
    assert variables(found["init-database"])["DATABASE_AUTHENTICATION"] == "iam"
    assert "PGPASSFILE" not in variables(found["init-database"])


@pytest.mark.parametrize("authentication", ["password", "secret"])
def test_with_another_authentication_it_has_no_effect(authentication: Any) -> None:
    inputs = environment_with({"FILE": "{PGPASSFILE}"}, authentication=authentication)
    found = containers(unit(inputs), "web_task")
    assert "token-file" not in found
    assert "PGPASSFILE" not in variables(found["web"])


def test_without_iam_it_is_refused_unless_an_environment_says_how_it_signs_in() -> None:
    asked = environment_with({"A": "b"}, authentication="password")
    (found,) = map(line, problems(asked))
    assert found == (
        'django_service.application.database.token_file: has no effect with authentication "password": '
        'add authentication="iam", or remove it'
    )
    for here in ("iam", "password"):
        chosen = replace(asked.django_service, database_authentication=here)
        assert [*problems(replace(asked, django_service=chosen))] == []


def test_names_that_are_set_are_the_platforms_and_values_that_are_there_may_be_named() -> None:
    assert [*problems(environment_with())] == []
    assert [each.field for each in problems(environment_with({"PGPASSFILE": "/tmp/mine"}))] == [
        "django_service.application.variables['PGPASSFILE']"
    ]
    (found,) = map(line, problems(environment_with({"DB_URL": "{DATABASE_URL}"}, token_file=False)))
    assert "names DATABASE_URL, and django_service.database_authentication is 'iam'" in found


def test_nothing_takes_its_place_and_nobody_goes_without_it() -> None:
    inputs = environment_with({"A": "b"}).django_service
    application = replace(
        inputs.application,
        variables={"PGPASSFILE": None},
        worker=ProcessInputs(command=("celery",), variables={"PGPASSFILE": None}),
        writable_directories=("/etc/token-file/more", "/etc-file", "/etc/rds-authorities"),
    )
    assert [*map(line, problems(application))] == [
        *(
            f"writable_directories: {path} overlaps with {directory} of the platform: choose another directory"
            for path, directory in (
                ("/etc/rds-authorities", "/etc/rds-authorities"),
                ("/etc/token-file/more", "/etc/token-file"),
            )
        ),
        *(
            f"{field}['PGPASSFILE']: names the file of the token, without which nobody signs in: remove the line"
            for field in ("variables", "worker.variables")
        ),
    ]
    without = replace(SETTINGS, token_file=False, brings_ca_bundle=True)
    assert [*problems(replace(application, database=without, variables=None, worker=None))] == []


ROLE = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "Token": "a/b+c=="}
NOW = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
HOST = "db.example.com"


class Stop(Exception):
    """The end of the loop that has none."""


class Machine:
    """What the program finds: an endpoint of ECS, a clock and a file."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "pgpass"
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.slept: list[float] = []
        self.seconds = 0.0

    def run(self, monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
        """Run it until there is no answer left."""
        machine = self

        class Connection:
            def __init__(self, netloc: str, timeout: float) -> None:
                self.netloc = netloc

            def request(self, _method: str, path: str) -> None:
                machine.asked.append((self.netloc, path))

            def getresponse(self) -> Any:
                status, body = machine.answers.pop(0)
                return SimpleNamespace(status=status, read=lambda: body)

            def close(self) -> None:
                """Nothing is open."""

        def sleep(seconds: float) -> None:
            machine.slept.append(seconds)
            if not machine.answers:
                raise Stop
            machine.seconds += seconds

        given = {"DATABASE_HOST": HOST, "DATABASE_PORT": "5432", "DATABASE_USER": "app_user", "AWS_REGION": "us-east-1"}
        for name, value in {**given, "PGPASSFILE": str(self.file), "RENEWAL_SECONDS": "300", **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(http.client, "HTTPConnection", Connection)
        monkeypatch.setattr(time, "sleep", sleep)
        monkeypatch.setattr(time, "monotonic", lambda: machine.seconds)
        with pytest.raises(Stop):
            exec(PROGRAM, {})

    @property
    def token(self) -> str:
        """That in the file, as libpq reads it."""
        host, port, database, user, password = self.file.read_text().rstrip("\n").replace("\\:", "\0").split(":")
        assert (host, port, database, user) == (HOST, "5432", "*", "app_user")
        return password.replace("\0", ":").replace("\\\\", "\\")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", raising=False)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1")
    return Machine(tmp_path)


def test_its_token_is_the_one_that_boto3_signs(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW

    machine.answers = [(200, json.dumps(ROLE))]
    with monkeypatch.context() as patched:
        patched.setattr(dt, "datetime", Clock)
        machine.run(patched)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: NOW)
    session = boto3.Session(ROLE["AccessKeyId"], ROLE["SecretAccessKey"], ROLE["Token"], region_name="us-east-1")
    signed = session.client("rds").generate_db_auth_token(HOST, 5432, "app_user")
    # It is signed with its parts in order, and boto3 sends them in another one.
    parts = [urlsplit(f"https://{token}") for token in (machine.token, signed)]
    (netloc, query), expected = [(each.netloc, sorted(each.query.split("&"))) for each in parts]
    assert (netloc, query) == expected
    assert machine.asked == [("169.254.170.2", "/v2/credentials/1")]


def test_the_file_is_for_its_owner_alone_and_replaced_as_a_whole(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (left := machine.file.with_name("pgpass.new")).touch(0o600)
    left.write_text("what a killed one has left\n" * 99)
    machine.answers = [(200, json.dumps(ROLE))]
    seen, replaced = list[tuple[str, str]](), os.replace

    def replace_file(source: str, target: str) -> None:
        seen.append((source, target))
        replaced(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace_file)
        machine.run(patched)
    assert seen == [(f"{machine.file}.new", str(machine.file))]
    assert [each.name for each in machine.file.parent.iterdir()] == ["pgpass"]
    (only,) = machine.file.read_text().splitlines()
    assert only.startswith(f"{HOST}:5432:*:app_user:{HOST}\\:5432/?Action=connect&DBUser=app_user&")
    assert machine.slept == [300]
    machine.file.unlink()
    machine.answers = [(200, json.dumps(ROLE))]
    machine.run(monkeypatch)
    assert machine.file.stat().st_mode & 0o777 == 0o600


def test_a_role_that_cannot_be_asked_is_asked_again_and_an_expired_token_is_removed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.answers = [(200, json.dumps(ROLE)), (503, "")]
    machine.run(monkeypatch)
    assert machine.slept == [300, 5]
    assert machine.file.exists(), "it is good for 10 minutes more"
    machine.answers = [(200, json.dumps(ROLE)), *[(503, "")] * 121]
    machine.run(monkeypatch)
    assert machine.file.exists()
    machine.answers = [(200, json.dumps(ROLE)), *[(503, "")] * 122]
    machine.run(monkeypatch)
    assert not machine.file.exists()
    said = capsys.readouterr().err
    refusal = "OSError: ECS answers 503 for the credentials of the role"
    assert f"token-file: {machine.file} is not renewed: {refusal}" in said
    assert ROLE["SecretAccessKey"] not in said


CLIENT = """
import sys
from psycopg_pool import ConnectionPool

pool = ConnectionPool(kwargs={"host": "localhost", "user": "app_user", "dbname": "shop", "password": ""}, max_size=9)
for _ in sys.stdin:  # each line asks for one connection more
    found = pool.getconn(timeout=10).execute("SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    print(*found.fetchone(), flush=True)
"""


@pytest.mark.thorough
def test_a_running_pool_signs_in_with_the_token_that_has_replaced_the_one_before(document: Json) -> None:
    """On a real PostgreSQL that asks whether a token is signed by the role, and takes no other password."""
    python = Path(__file__).parents[4] / ".venv-app" / "bin" / "python"
    require(python.exists(), "the packages of app/")
    require(not [*servers.missing()], projects.REMEDY)
    sidecar = containers(document, "web_task")["token-file"]
    identity = role.TaskRole(address="10.0.0.10", region="us-east-1")
    with tempfile.TemporaryDirectory(prefix="token-file-") as name, role.judge(identity) as judge:
        directory, port = Path(name), servers.free_port()
        directory.chmod(0o711)  # PostgreSQL is another user where this one is root
        (directory / "authority").mkdir()
        authority = servers.authority(directory / "authority")
        server = servers.postgresql(
            directory / "postgresql",
            authority,
            port=port,
            database="shop",
            user="dbmaster",
            password="only-for-tests",
            superuser_password="only-for-tests",
            ldap_port=judge,
        )
        file = directory / "pgpass"
        told = {"DATABASE_HOST": "localhost", "DATABASE_PORT": str(port)}
        own = {**variables(sidecar), **told, "PGPASSFILE": str(file), "RENEWAL_SECONDS": "0.2"}
        path = {"PATH": f"{python.parent}:{os.environ['PATH']}"}
        libpq = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(authority.certificate), "PGPORT": str(port)}
        program = [*sidecar["entryPoint"], *sidecar["command"]]
        with server, role.endpoint(identity) as of_ecs:
            as_master = {**path, **libpq, "PGPASSWORD": "only-for-tests"}
            users = "CREATE ROLE app_user LOGIN; GRANT rds_iam TO app_user"
            psql = (str(servers.tool("psql")), "-X", "-h", "localhost", "-d", "shop", "-U")
            subprocess.run([*psql, "dbmaster", "-c", users], env=as_master, check=True, stdout=subprocess.DEVNULL)
            with (
                _started(program, {**path, **own, **of_ecs}),
                _started([str(python), "-c", CLIENT], {**path, **libpq, "PGPASSFILE": str(file)}) as client,
            ):
                _until(file.exists)
                assert _connected(client) == "app_user True"
                before = directory / "before"
                before.write_bytes(file.read_bytes())
                before.chmod(0o600)
                object.__setattr__(identity, "secret_access_key", "another-one")  # what was signed before is void
                _until(lambda: identity.admits("app_user", _password(file)))
                as_before = {**path, **libpq, "PGPASSFILE": str(before)}
                refused = subprocess.run(
                    [*psql, "app_user", "-c", "SELECT 1"], env=as_before, check=False, capture_output=True, text=True
                )
                assert "LDAP authentication failed" in refused.stderr
                assert _connected(client) == "app_user True"


@contextlib.contextmanager
def _started(program: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(program, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _connected(client: subprocess.Popen[str]) -> str:
    assert client.stdin
    assert client.stdout
    client.stdin.write("\n")
    client.stdin.flush()
    return client.stdout.readline().strip()


def _password(file: Path) -> str:
    return file.read_text().rstrip("\n").replace("\\:", "\0").rpartition(":")[2].replace("\0", ":")


def _until(condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
