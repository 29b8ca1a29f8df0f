"""The task's credentials are valid nowhere, and a token that is signed with them is judged as RDS does."""

from __future__ import annotations

import datetime as dt
import json
import socket
from urllib.request import urlopen

import boto3
import pytest

from cli.trial import role
from cli.trial.role import TaskRole

ROLE = TaskRole(address="10.0.0.10", region="eu-west-1")


def token(of: TaskRole, user: str = "app_user", region: str = "eu-west-1") -> str:
    session = boto3.Session(of.access_key_id, of.secret_access_key, region_name=region)
    signed: str = session.client("rds").generate_db_auth_token("localhost", 5432, user)
    return signed


def test_a_token_admits_its_user_for_fifteen_minutes() -> None:
    now = dt.datetime.now(dt.UTC)
    signed = token(ROLE)
    assert ROLE.admits("app_user", signed)
    assert ROLE.admits("app_user", signed, now + dt.timedelta(minutes=14))
    assert not ROLE.admits("app_user", signed, now + dt.timedelta(minutes=16))


@pytest.mark.parametrize(
    "given",
    [
        token(ROLE, user="migrator"),
        token(ROLE, region="us-east-1"),
        token(TaskRole(address="10.0.0.10", region="eu-west-1")),
        token(ROLE).replace("localhost", "elsewhere"),
        token(ROLE)[:-1],
        "a-password",
        "",
    ],
)
def test_what_is_no_token_of_this_role_for_this_user_admits_nobody(given: str) -> None:
    assert not ROLE.admits("app_user", given)


def bind(port: int, user: str, password: str) -> int:
    """The result of a simple bind, as libldap asks for it."""
    name, secret = user.encode(), password.encode()
    size = len(secret).to_bytes(2, "big")
    request = b"\x02\x01\x03" + bytes([4, len(name)]) + name + b"\x80\x82" + size + secret
    body = b"\x02\x01\x07" + b"\x60\x82" + len(request).to_bytes(2, "big") + request
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"\x30\x82" + len(body).to_bytes(2, "big") + body)
        answer = connection.recv(100)
    assert answer[:5] == b"\x30\x0c\x02\x01\x07"
    return answer[9]


def test_postgresql_is_answered_by_ldap() -> None:
    with role.judge(ROLE) as port:
        assert bind(port, "app_user", token(ROLE)) == 0
        assert bind(port, "migrator", token(ROLE)) == 49
        assert bind(port, "app_user", "a-password") == 49


def test_a_task_gets_its_credentials_and_its_address_as_from_ecs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with role.endpoint(ROLE) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        found = boto3.Session(region_name="eu-west-1").get_credentials()
        assert found is not None
        assert (found.method, found.access_key) == ("container-role", ROLE.access_key_id)
        with urlopen(f"{variables['ECS_CONTAINER_METADATA_URI_V4']}/task") as answer:
            assert json.loads(answer.read())["Containers"][0]["Networks"][0]["IPv4Addresses"] == ["10.0.0.10"]
