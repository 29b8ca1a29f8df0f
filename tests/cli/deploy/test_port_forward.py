"""A port of this machine leads to a store through a task of its own, until Ctrl-C."""

from __future__ import annotations

import json
import re
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.deploy import port_forward
from cli.deploy import session as deploy_session
from cli.deploy.psql import password_line
from cli.ecs.plugin import PLUGIN
from modules.rds_authorities.authorities import published
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from tests.cli.deploy.sessions import FORWARDS, HOST, PASSWORD, TARGET, TASK, Sessions, refusal, serving


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    with serving(tmp_path, monkeypatch) as found:
        found.program(PLUGIN, FORWARDS)
        yield found


def run(sessions: Sessions, *arguments: str) -> int:
    return port_forward.main(["dev", *arguments], directory=sessions.directory)


PSQL = (
    "PGPASSFILE={0}/token PGSSLROOTCERT={0}/rds.pem "
    f'psql "host={HOST} hostaddr=127.0.0.1 port=15432 dbname=app user=app_user sslmode=verify-full"'
)
REDIS = "redis-cli --tls --sni redis.aws -h 127.0.0.1 -p {}"


@pytest.mark.parametrize(
    ("arguments", "ports", "connect"),
    [
        ((), (HOST, 5432, 15432), PSQL),
        (("redis",), ("redis.aws", 6379, 16379), REDIS.format(16379)),
        (("redis", "--port", "7000"), ("redis.aws", 6379, 7000), REDIS.format(7000)),
    ],
)
def test_it_says_what_to_connect_to_and_stops_the_task_at_control_c(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    arguments: tuple[str, ...],
    ports: tuple[str, int, int],
    connect: str,
) -> None:
    host, port, local = ports
    sessions.write(database_authentication="password")
    wait = subprocess.Popen.wait

    def interrupted(process: subprocess.Popen[str], timeout: float | None = None) -> int:
        if timeout in (None, port_forward.RENEWAL_SECONDS):
            raise KeyboardInterrupt
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    assert run(sessions, *arguments) == 0
    (asked,) = sessions.aws.asked("StartSession")
    assert (asked["Target"], asked["DocumentName"]) == (TARGET, "AWS-StartPortForwardingSessionToRemoteHost")
    assert asked["Parameters"] == {"host": [host], "portNumber": [str(port)], "localPortNumber": [str(local)]}
    _, session, region, action, _, parameters, _ = sessions.ran(PLUGIN)["argv"]
    assert json.loads(session) == {"SessionId": "s", "StreamUrl": "wss://x", "TokenValue": "t"}
    assert (region, action, json.loads(parameters)) == ("us-east-1", "StartSession", asked)
    line = f"127.0.0.1:{local} is {host}:{port} until Ctrl-C. Connect by"
    out = capsys.readouterr().out
    private = re.findall(r"=(/\S+)/token ", out)
    assert out.splitlines() == [line, connect.format(*private)]
    assert [given["task"] for given in sessions.aws.asked("StopTask")] == [TASK]


@pytest.mark.parametrize(
    ("store", "connect", "signed"),
    [
        (
            "redis",
            f'REDISCLI_AUTH="$(cat {{}}/token)" {REDIS.format(16379)} --user django-dev-redis',
            "django-dev-redis",
        ),
        (
            "redis-broker",
            f'REDISCLI_AUTH="$(cat {{}}/token)" {REDIS.format(16379)} --user django-dev-redis',
            "django-dev-redis-broker",
        ),
        ("postgresql", PSQL, f"{HOST}:5432"),
    ],
)
def test_a_store_that_asks_for_a_token_has_a_fresh_one_in_a_file_of_this_user_while_the_port_is_open(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    store: str,
    connect: str,
    signed: str,
) -> None:
    group = RedisGroupInputs(node_type="cache.t4g.small")
    redis = RedisInputs(cache=group, broker=group, iam_authentication=True)
    sessions.write(redis=redis, database_authentication="iam")
    wait, shown = subprocess.Popen.wait, list[str]()
    tokens: list[tuple[str, int]] = []

    def renewed(process: subprocess.Popen[str], timeout: float | None = None) -> int:
        if timeout != port_forward.RENEWAL_SECONDS:
            return wait(process, timeout)
        shown.extend(capsys.readouterr().out.splitlines())
        file = Path(re.findall(r"/\S+/token", shown[1])[0])
        tokens.append((file.read_text(), stat.S_IMODE(file.stat().st_mode)))
        file.write_text("old")
        if len(tokens) < 2:
            raise subprocess.TimeoutExpired(process.args, timeout)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", renewed)
    assert run(sessions, store) == 0
    file = Path(re.findall(r"/\S+/token", shown[1])[0])
    assert shown[1] == connect.format(file.parent)
    assert not file.parent.exists()
    for token, mode in tokens:
        url = urlsplit(f"https://{token.strip().removeprefix('*:*:*:*:').replace(f'{chr(92)}:', ':')}")
        asked = parse_qs(url.query)
        assert (mode, url.netloc, asked["Action"], asked["X-Amz-Expires"]) == (0o600, signed, ["connect"], ["900"])
        assert asked.get("User", asked.get("DBUser")) == ["app_user" if store == "postgresql" else "django-dev-redis"]
        assert "X-Amz-Signature" in asked
        assert token not in json.dumps([sessions.ran(PLUGIN), shown])
    assert len(tokens) == 2


@pytest.mark.parametrize(("authentication", "user"), [("password", "app_user"), ("secret", "postgres")])
def test_what_is_printed_for_postgresql_signs_in_and_verifies_it_as_it_stands(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    authentication: str,
    user: str,
) -> None:
    sessions.write(database_authentication=authentication)
    wait, files = subprocess.Popen.wait, list[str]()

    def typed(process: subprocess.Popen[str], timeout: float | None = None) -> int:
        if timeout != port_forward.RENEWAL_SECONDS:
            return wait(process, timeout)
        password, authorities, *rest = shlex.split(capsys.readouterr().out.splitlines()[1])
        assert rest[0] == "psql"
        assert f" user={user} sslmode=verify-full" in rest[1]
        assert PASSWORD not in str(rest)
        (passwords, pem) = (Path(each.partition("=")[2]) for each in (password, authorities))
        assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
        files.extend((passwords.read_text(), pem.read_text()))
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", typed)
    assert run(sessions) == 0
    assert files == [password_line(PASSWORD), "".join(published().regions["us-east-1"])]


def test_a_token_that_cannot_be_renewed_is_told_and_the_port_stays_open(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.write(database_authentication="password")
    wait, waited = subprocess.Popen.wait, list[float]()

    def expired(process: subprocess.Popen[str], timeout: float | None = None) -> int:
        if timeout != port_forward.RENEWAL_SECONDS:
            return wait(process, timeout)
        waited.append(timeout)
        sessions.aws.answers["GetSecretValue"] = refusal("GetSecretValue", "ExpiredTokenException")
        if len(waited) < 3:
            raise subprocess.TimeoutExpired(process.args, timeout)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", expired)
    assert run(sessions) == 0
    (first, second) = capsys.readouterr().err.splitlines()[-2:]
    assert first == second
    assert first.startswith("port-forward: there is no new token, and open connections need none (")
    assert first.endswith("ExpiredTokenException): it is tried again in 10 minutes")


def test_where_the_session_ends_by_itself_it_says_so(sessions: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    sessions.program(PLUGIN, FORWARDS.replace("600", "0.1"))
    assert run(sessions) == 1
    assert capsys.readouterr().err.endswith("port-forward: the session has ended: run it again to go on\n")
    assert len(sessions.aws.asked("StopTask")) == 1


def test_a_port_that_is_taken_is_told_as_the_plugin_says_it(
    sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.program(PLUGIN, "print('bind: address already in use')\nsys.exit(1)")
    assert run(sessions) == 1
    line = f"{PLUGIN} ended: it said bind: address already in use: try again, or another PORT\n"
    assert capsys.readouterr().err.endswith(line)
    assert len(sessions.aws.asked("StopTask")) == 1


def test_a_port_that_does_not_open_is_not_waited_for_any_longer(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy_session, "OPENED_SECONDS", 0.1)
    sessions.program(PLUGIN, "time.sleep(600)")
    assert run(sessions) == 1
    assert f"{PLUGIN} did not open the port within 0 s: it said nothing" in capsys.readouterr().err
    assert len(sessions.aws.asked("StopTask")) == 1


def test_a_session_that_aws_refuses_stops_the_task(sessions: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    sessions.aws.answers["StartSession"] = refusal("StartSession", "AccessDeniedException")
    assert run(sessions) == 1
    assert capsys.readouterr().err.endswith(": give the credentials that permission\n")
    assert len(sessions.aws.asked("StopTask")) == 1


def test_a_store_that_there_is_not_is_told(sessions: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sessions, "mysql") == 1
    assert capsys.readouterr().err == "port-forward: there is no store 'mysql': use one of postgresql, redis\n"


def test_a_database_that_is_stopped_starts_no_task(sessions: Sessions, capsys: pytest.CaptureFixture[str]) -> None:
    sessions.aws.answers["DescribeDBInstances"] = {"DBInstances": [{"DBInstanceStatus": "stopped"}]}
    assert run(sessions) == 1
    assert capsys.readouterr().err == (
        "django-dev-postgresql: RDS says that it is stopped: wait until it is available\n"
    )
    assert sessions.aws.asked("RunTask") == []


@pytest.mark.parametrize("port", ["80", "65536", "x"])
def test_a_port_that_is_none_is_told(sessions: Sessions, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sessions, "redis", "--port", port) == 1
    assert f"{port!r} is not a valid port: use 1024 to 65535 (PORT=15432)" in capsys.readouterr().err
