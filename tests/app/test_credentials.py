"""Passwords that do not last: a fresh one for every new connection."""

import datetime
import http.server
import json
import os
import socket
import threading
from urllib.parse import parse_qs, urlsplit

import boto3
import psycopg
import psycopg_pool
import pytest
import redis as redis_client

import production
import servers
from operations import aws, rds

USER = "rotating"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    for name, value in production.AWS_CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    aws.session.cache_clear()
    rds._secrets_manager.cache_clear()
    yield
    aws.session.cache_clear()
    rds._secrets_manager.cache_clear()


def test_an_iam_token_is_signed_here_and_lives_fifteen_minutes():
    password = rds.iam_token("sa-east-1")
    token = password("db.example.com", 5432, "app_user")
    parts = urlsplit(f"https://{token}")
    query = parse_qs(parts.query)
    assert parts.netloc == "db.example.com:5432"
    assert (query["Action"], query["DBUser"], query["X-Amz-Expires"]) == (["connect"], ["app_user"], ["900"])
    assert "/sa-east-1/rds-db/" in query["X-Amz-Credential"][0]


def test_an_iam_token_is_the_one_that_boto3_makes_and_reads_no_description_of_rds(monkeypatch):
    now = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: now)
    client = boto3.client("rds", region_name="us-east-1")
    expected = client.generate_db_auth_token(DBHostname="db.example.com", Port=5432, DBUsername="app_user")
    monkeypatch.delattr("boto3.Session.client")
    assert rds.iam_token("us-east-1")("db.example.com", 5432, "app_user") == expected


@pytest.fixture
def user(postgresql):
    postgresql.sql(f"CREATE ROLE {USER} LOGIN")
    yield USER
    postgresql.sql(f"DROP ROLE {USER}")


def pool(postgresql, password: rds.Password) -> psycopg_pool.ConnectionPool:
    connections = psycopg_pool.ConnectionPool(
        kwargs={
            "host": "localhost", "port": postgresql.port, "dbname": servers.DATABASE, "user": USER,
            "sslmode": "verify-full", "sslrootcert": str(postgresql.ca), "autocommit": True,
        },
        connection_class=rds.connection_class(password),
        min_size=1, max_size=3, open=True, timeout=10,
    )  # fmt: skip
    connections.wait()  # else a request that comes too early makes it open a second connection
    return connections


@pytest.mark.real
def test_every_new_connection_asks_for_a_token_and_the_old_one_would_not_do(postgresql, user):
    """As on RDS: only the newest token is a password."""
    signed = rds.iam_token("us-east-1")
    tokens = []

    def password(host: str, port: int, name: str) -> str:
        tokens.append(signed(host, port, f"{name}{len(tokens)}"))
        postgresql.sql(f"ALTER ROLE {USER} PASSWORD '{tokens[-1]}'")
        return tokens[-1]

    with (
        pool(postgresql, password) as connections,
        connections.connection() as first,
        connections.connection() as second,
    ):
        assert (
            first.execute("SELECT current_user").fetchone()
            == second.execute("SELECT current_user").fetchone()
            == (USER,)
        )
        assert second.info.password == tokens[-1] != tokens[0] == first.info.password
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(
                host="localhost", port=postgresql.port, dbname=servers.DATABASE, user=USER, password=tokens[0]
            )


@pytest.fixture
def secrets_manager(monkeypatch):
    """Secrets Manager on loopback; answers what is in `secret`."""
    secret = {"username": USER, "password": "first"}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"SecretString": json.dumps(secret)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", f"http://127.0.0.1:{server.server_port}")
    yield secret
    server.shutdown()
    server.server_close()


@pytest.mark.real
def test_a_rotated_secret_is_used_by_the_next_connection(postgresql, user, secrets_manager):
    def rotate(password: str) -> None:
        postgresql.sql(f"ALTER ROLE {USER} PASSWORD '{password}'")
        secrets_manager["password"] = password

    rotate("first")
    password = rds.managed_secret("us-east-1", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x")
    with pool(postgresql, password) as connections, connections.connection() as before:
        rotate("second")
        with connections.connection() as after:
            assert (before.info.password, after.info.password) == ("first", "second")
    rds._secrets_manager("us-east-1").close()


@pytest.mark.real
def test_the_certificate_of_another_authority_is_refused(postgresql):
    variables = production.on_this_machine() | {"DATABASE_CA_BUNDLE": production.on_this_machine()["REDIS_CA_BUNDLE"]}
    result = production.manage("check_status", variables=variables)
    assert result.returncode == 1
    assert "failed database" in result.stdout


@pytest.mark.real
def test_the_certificate_of_another_name_is_refused():
    variables = production.on_this_machine() | {"DATABASE_HOST": "127.0.0.1"}
    assert "failed database" in production.manage("check_status", variables=variables).stdout


@pytest.mark.real
@pytest.mark.parametrize("change", ["without its authority", "by another name"])
def test_redis_is_refused_unless_its_certificate_is_right(change):
    variables = production.on_this_machine()
    if change == "without its authority":
        del variables["REDIS_CA_BUNDLE"]
    else:
        variables |= {
            name: variables[name].replace("localhost", "127.0.0.1") for name in ("REDIS_URL", "CELERY_BROKER_URL")
        }
    output = production.manage("check_status", variables=variables).stdout
    assert "failed cache" in output and "failed broker" in output


@pytest.mark.real
def test_redis_takes_the_iam_user_of_cache_and_broker():
    """Redis here takes any password of this user, as it cannot know AWS; it must have been the user that asked."""
    port, ca = int(os.environ["TEST_REDIS_TLS_PORT"]), os.environ["TEST_REDIS_CA"]
    with redis_client.Redis(port=port, host="localhost", ssl=True, ssl_ca_certs=ca) as admin:
        admin.acl_setuser("iam-app", enabled=True, nopass=True, keys=["*"], channels=["*"], categories=["+@all"])
        admin.acl_setuser("default", enabled=True, reset=True, nopass=False, categories=["-@all"], keys=[])
        try:
            variables = production.on_this_machine() | production.AWS_CREDENTIALS
            without = production.manage("check_status", variables=variables).stdout
            assert "failed cache" in without and "failed broker" in without
            variables |= {
                "REDIS_IAM_USER": "iam-app",
                "REDIS_REPLICATION_GROUP_ID": "django-test",
                "CELERY_BROKER_REPLICATION_GROUP_ID": "django-test-broker",
            }
            with_user = production.manage("check_status", variables=variables)
            assert "ok     cache" in with_user.stdout and "ok     broker" in with_user.stdout, with_user.stdout
        finally:
            admin.execute_command("AUTH", "iam-app", "any")
            admin.execute_command("ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all")
            admin.acl_deluser("iam-app")


@pytest.mark.parametrize(("signs_in_to", "group"), [("CacheIam", "django-test"), ("BrokerIam", "django-test-broker")])
def test_an_elasticache_token_names_the_group_that_is_called_and_the_user(settings, signs_in_to, group):
    from operations import elasticache

    settings.AWS_REGION = "us-east-1"
    settings.REDIS_IAM_USER = "iam-app"
    settings.REDIS_REPLICATION_GROUP_ID = "django-test"
    settings.CELERY_BROKER_REPLICATION_GROUP_ID = "django-test-broker"
    user, token = getattr(elasticache, signs_in_to)().get_credentials()
    query = parse_qs(urlsplit(f"https://{token}").query)
    assert user == "iam-app"
    assert token.startswith(f"{group}/?Action=connect&User=iam-app&")
    assert query["X-Amz-Expires"] == ["900"]
    assert "/us-east-1/elasticache/" in query["X-Amz-Credential"][0]


# --- The task's credentials --------------------------------------------------------------------------------------------


@pytest.fixture
def ecs(monkeypatch, settings):
    """The endpoint of ECS that tasks have their credentials from: the status that it answers, and how often it did."""
    answer = {"status": 200, "asked": 0}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer["asked"] += 1
            keys = {"AccessKeyId": "a", "SecretAccessKey": "b", "Token": "c", "Expiration": "2099-01-01T00:00:00Z"}
            body = json.dumps(keys).encode()
            self.send_response(answer["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in production.AWS_CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    settings.AWS_REGION, settings.REDIS_IAM_USER = "us-east-1", "iam-app"
    settings.REDIS_REPLICATION_GROUP_ID = settings.CELERY_BROKER_REPLICATION_GROUP_ID = "django-test"
    aws.session.cache_clear()
    yield answer
    aws.session.cache_clear()
    server.shutdown()
    server.server_close()


@pytest.mark.once
def test_all_connections_of_a_process_sign_with_credentials_asked_for_once(ecs):
    from operations.elasticache import BrokerIam, CacheIam

    tokens = {provider().get_credentials()[1].partition("X-Amz-Credential")[0] for provider in (CacheIam, BrokerIam)}
    assert len(tokens) == 1 and ecs["asked"] == 1


@pytest.mark.once
@pytest.mark.parametrize("status", [429, 500])
def test_without_credentials_there_is_no_connection_and_it_is_closed(ecs, status):
    from operations.elasticache import CacheIam

    ecs["status"] = status
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = redis_client.Connection(port=server.getsockname()[1], credential_provider=CacheIam())
        with pytest.raises(redis_client.ConnectionError, match="no credentials to sign in with"):
            connection.connect()
        client, _ = server.accept()
        with client:
            client.settimeout(5)
            assert client.recv(1) == b""
