"""psql opens on the database with its certificate verified, read-only unless asked, and no secret is ever shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import psql
from cli.ecs.plugin import PLUGIN
from modules.postgresql.source_inputs import RestoredInputs, SnapshotInputs
from modules.rds_authorities.authorities import published
from tests import configurations
from tests.cli.deploy.sessions import FORWARDS, HOST, MASTER, PASSWORD, SECRET, TASK, Sessions, serving

KEPT = "arn:aws:secretsmanager:us-east-1:123456789012:secret:django-dev/postgresql-master-x-AbCdEf"
READS = """
if sys.argv[1:] == ["--version"]:
    print("psql (PostgreSQL) 16.4")
else:
    passwords = os.environ["PGPASSFILE"]
    certificates = open(os.environ["PGSSLROOTCERT"]).read()
    note(passwords=open(passwords).read(), mode=oct(os.stat(passwords).st_mode), certificates=certificates)
"""


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    with serving(tmp_path, monkeypatch) as found:
        found.program(PLUGIN, FORWARDS)
        found.program("psql", READS)
        yield found


def run(sessions: Sessions, *arguments: str) -> int:
    return psql.main(["dev", *arguments], directory=sessions.directory)


def test_it_verifies_the_real_host_behind_the_port_of_this_machine(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICE", "other")
    sessions.write(database_authentication="password")
    assert run(sessions) == 0
    ran = sessions.ran("psql")
    found = {name: value for name, value in ran["environ"].items() if name.startswith("PG")}
    (asked,) = sessions.aws.asked("StartSession")
    assert {**found, "PGSSLROOTCERT": "", "PGPASSFILE": ""} == {
        "PGHOST": HOST,
        "PGHOSTADDR": "127.0.0.1",
        "PGPORT": asked["Parameters"]["localPortNumber"][0],
        "PGDATABASE": "app",
        "PGUSER": "app_user",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "",
        "PGPASSFILE": "",
        "PGAPPNAME": "make psql",
        "PGOPTIONS": "-c default_transaction_read_only=on",
    }
    assert ran["certificates"] == "".join(published().regions["us-east-1"])
    assert [given["task"] for given in sessions.aws.asked("StopTask")] == [TASK]


@pytest.mark.parametrize(
    ("serving", "identifier"), [("first", "django-dev-postgresql"), ("restored", "django-dev-postgresql-one")]
)
def test_it_reaches_the_instance_that_serves(sessions: Sessions, serving: Any, identifier: str) -> None:
    restored = RestoredInputs(source=SnapshotInputs(identifier="before"), name="one")
    found = sessions.write()
    given = replace(found, postgresql=replace(found.postgresql, restored=restored, serving=serving))
    configurations.write(sessions.directory, given)
    assert run(sessions) == 0
    assert {asked["DBInstanceIdentifier"] for asked in sessions.aws.asked("DescribeDBInstances")} == {identifier}


def test_it_writes_where_it_is_asked_to(sessions: Sessions) -> None:
    assert run(sessions, "--write") == 0
    assert "PGOPTIONS" not in sessions.ran("psql")["environ"]


@pytest.mark.parametrize(
    ("authentication", "user", "secret"), [("password", "app_user", SECRET), ("secret", "postgres", MASTER)]
)
def test_the_password_is_only_in_a_file_of_this_user_which_is_gone_afterwards(
    sessions: Sessions, authentication: str, user: str, secret: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sessions.write(database_authentication=authentication)
    assert run(sessions) == 0
    ran = sessions.ran("psql")
    assert [given["SecretId"] for given in sessions.aws.asked("GetSecretValue")] == [secret]
    assert ran["environ"]["PGUSER"] == user
    assert (ran["passwords"], ran["mode"]) == ("*:*:*:*:s\\:e\\\\cret\n", "0o100600")
    shown = "".join(capfd.readouterr())
    for of in (ran["argv"], ran["environ"], sessions.ran(PLUGIN), shown):
        assert PASSWORD not in json.dumps(of)
        assert "cret\\n" not in json.dumps(of)
    assert not Path(ran["environ"]["PGPASSFILE"]).parent.exists()


def test_with_iam_it_signs_in_by_a_token_of_whoever_runs_it(sessions: Sessions) -> None:
    sessions.write(database_authentication="iam")
    assert run(sessions) == 0
    ran = sessions.ran("psql")
    token = ran["passwords"].removeprefix("*:*:*:*:").replace("\\:", ":")
    assert token.startswith(f"{HOST}:5432/?Action=connect&DBUser=app_user&")
    assert "X-Amz-Signature" not in json.dumps([ran["argv"], ran["environ"]])
    assert sessions.aws.asked("GetSecretValue") == []


@pytest.mark.parametrize("authentication", ["iam", "password", "secret"])
def test_as_the_master_user_it_takes_the_secret_of_rds_and_stays_read_only(
    sessions: Sessions, authentication: str
) -> None:
    sessions.write(database_authentication=authentication)
    assert run(sessions, "--master") == 0
    found = sessions.ran("psql")["environ"]
    assert (found["PGUSER"], found["PGOPTIONS"]) == ("postgres", "-c default_transaction_read_only=on")
    assert [given["SecretId"] for given in sessions.aws.asked("GetSecretValue")] == [MASTER]


@pytest.mark.parametrize(
    ("authentication", "task", "given"),
    [
        ("iam", "init-database", {"secrets": [{"name": "PGPASSWORD", "valueFrom": f"{KEPT}:password::"}]}),
        ("secret", "session", {"environment": [{"name": "DATABASE_SECRET_ARN", "value": KEPT}]}),
    ],
)
def test_beside_a_read_replica_the_secret_of_the_master_user_is_that_of_the_task_which_has_it(
    sessions: Sessions, authentication: str, task: str, given: dict[str, Any]
) -> None:
    sessions.write(database_authentication=authentication)
    sessions.aws.answers["DescribeDBInstances"]["DBInstances"][0].pop("MasterUserSecret")
    container: dict[str, Any] = {"name": task, "image": "django:1", **given}
    sessions.aws.answers["DescribeTaskDefinition"] = {"taskDefinition": {"containerDefinitions": [container]}}
    assert run(sessions, "--master") == 0
    assert sessions.aws.asked("DescribeTaskDefinition")[-1] == {"taskDefinition": f"django-dev-{task}"}
    assert [asked["SecretId"] for asked in sessions.aws.asked("GetSecretValue")] == [KEPT]


def test_a_region_whose_authorities_are_not_known_is_told_before_anything_starts(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = {region: found for region, found in published().regions.items() if region != "us-east-1"}
    monkeypatch.setattr(psql, "published", lambda: replace(published(), regions=others))
    assert run(sessions) == 1
    what = "the certificate authorities of RDS in us-east-1 are not known"
    assert capsys.readouterr().err == f"psql: {what}: run `make rds-authorities`\n"
    assert sessions.aws.calls == []


def test_its_exit_code_is_that_of_psql(sessions: Sessions) -> None:
    sessions.program("psql", f"{READS}\nif len(sys.argv) == 1: sys.exit(2)")
    assert run(sessions) == 2
    assert len(sessions.aws.asked("StopTask")) == 1


def test_control_c_cancels_a_query_and_leaves_the_port_open(sessions: Sessions) -> None:
    # The plugin is in a session of its own, where a terminal's Ctrl-C does not reach it.
    sessions.program(PLUGIN, f"note(session=os.getsid(0))\n{FORWARDS}")
    sessions.program("psql", f"{READS}\nif len(sys.argv) == 1: os.kill(os.getppid(), signal.SIGINT); time.sleep(0.2)")
    assert run(sessions) == 0
    assert sessions.ran(PLUGIN)["session"] != os.getsid(0)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (None, "psql: psql is not on PATH: install the client of PostgreSQL 14 or later\n"),
        ("print('psql (PostgreSQL) 13.9')", "psql: psql is 13: install the client of PostgreSQL 14 or later\n"),
    ],
)
def test_a_psql_that_is_missing_or_too_old_is_told_before_anything_starts(
    sessions: Sessions, body: str | None, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if body is None:
        (sessions.programs / "psql").unlink()
    else:
        sessions.program("psql", body)
    assert run(sessions) == 1
    assert capsys.readouterr().err == line
    assert sessions.aws.calls == []


def test_an_application_that_has_no_password_of_its_own_is_told_what_to_change(
    sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.write(database_authentication="password")
    bare: dict[str, Any] = {"name": "session", "image": "django:1"}
    sessions.aws.answers["DescribeTaskDefinition"] = {"taskDefinition": {"containerDefinitions": [bare]}}
    assert run(sessions) == 1
    assert "django-dev-session: has no secret of app_user: " in capsys.readouterr().err
    assert len(sessions.aws.asked("StopTask")) == 1
