"""Health as the load balancer and the container ask for it: by address, without TLS, any Host."""

import contextlib
import http.client
import json
import os

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

import production
import servers
from operations import probes


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(probes, "_readiness", None)


@pytest.mark.parametrize("path", ["/health/live/", "/health/", "/health", "/healthz", "/healthz/"])
def test_liveness_touches_nothing_and_looks_at_no_host(client, settings, path):
    settings.ALLOWED_HOSTS = []
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(path, headers={"Host": "10.0.11.7:8000"})  # the fixture db is not used: a query would fail
    assert (response.status_code, response.json()) == (200, {"status": "ok", "service": "django-api"})
    assert response["Cache-Control"] == "no-store"


def test_what_a_client_calls_its_request_is_not_our_name_for_it(client):
    response = client.get("/health/", headers={"X-Request-ID": "0123456789abcdef"})
    assert len(response["X-Request-ID"]) == 32


@pytest.mark.parametrize("path", ["/static/salaries/dashboard.0123456789ab.js", "/missing/", "/api/salaries/"])
def test_an_error_is_not_kept_by_proxies_and_browsers(db, client, path):
    response = client.get(path)
    assert response.status_code in (400, 404)
    assert response["Cache-Control"] == "no-store"


def test_readiness_says_what_works(db, client, settings):
    settings.ALLOWED_HOSTS = []
    response = client.get("/health/ready/", headers={"Host": "10.0.11.7:8000"})
    assert response.status_code == 200
    assert response.json() == {
        "status": "healthy",
        "checks": {"database": True, "cache": True, "migrations": True},
    }


def test_many_who_ask_for_readiness_ask_the_stores_once(db, client, monkeypatch):
    asked = []
    monkeypatch.setitem(probes.READINESS, "cache", lambda: asked.append(1))
    assert {client.get("/health/ready/").status_code for _ in range(5)} == {200}
    assert len(asked) == 1
    monkeypatch.setattr(probes, "READINESS_SECONDS", -1)
    client.get("/health/ready/")
    assert len(asked) == 2


def test_readiness_says_which_check_failed(db, client, monkeypatch):
    monkeypatch.setitem(probes.READINESS, "cache", lambda: "broken")
    response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unhealthy",
        "checks": {"database": True, "cache": False, "migrations": True},
    }


def test_a_cache_that_forgets_is_seen(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert probes.cache_keeps_what_it_is_given() == "what was written was not read back"


def test_a_cache_that_is_away_fails_the_probe_and_not_the_page(db, client, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "operations.elasticache.ForgivingRedisCache",
            "LOCATION": f"redis://127.0.0.1:{servers.free_port()}/0",
        }
    }
    assert probes.cache_keeps_what_it_is_given() is not None
    assert client.get("/api/filters/").status_code == 200


@pytest.mark.django_db
def test_a_missing_migration_is_seen(monkeypatch):
    monkeypatch.setattr(probes, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'salaries' AND name > '0003'")
    assert probes.migrations() == "2 not applied: run manage.py migrate"


def test_a_probe_never_shows_what_a_driver_says(monkeypatch):
    def fail() -> str | None:
        raise RuntimeError("password=secret")

    assert probes._reporting_errors(fail)() == "RuntimeError"


# --- check_status ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sound_configuration(monkeypatch):
    """The settings of tests are not fit for deployment, and the probe would say so."""
    monkeypatch.setitem(probes.STATUS, "configuration", lambda: None)


def test_check_status_is_for_people(db, capsys, sound_configuration):
    call_command("check_status")
    assert {"configuration", "database", "cache", "migrations", "broker", "storage", "mail"} == {
        line.split()[1] for line in capsys.readouterr().out.splitlines()
    }


def test_check_status_is_for_pipelines(db, capsys, monkeypatch, sound_configuration):
    monkeypatch.setitem(probes.STATUS, "mail", lambda: "ConnectionRefusedError")
    with pytest.raises(CommandError, match="not working: mail"):
        call_command("check_status", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "failed"
    assert answer["checks"]["mail"] == {"status": "failed", "problem": "ConnectionRefusedError"}
    assert answer["checks"]["database"] == {"status": "ok"}


@pytest.mark.real
def test_check_status_of_production():
    migrated = production.manage("migrate", "--noinput", variables=production.on_this_machine())
    assert migrated.returncode == 0, migrated.stderr
    result = production.manage("check_status", "--json", variables=production.on_this_machine())
    assert result.returncode == 0, result.stdout + result.stderr
    checks = {name: check["status"] for name, check in json.loads(result.stdout)["checks"].items()}
    assert checks.pop("storage") == checks.pop("mail") == "not configured"
    assert set(checks.values()) == {"ok"}


# --- The production server -------------------------------------------------------------------------------------------


def get(port: int, path: str, host: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Host": host, **headers})
        response = connection.getresponse()
        return response, response.read()


@pytest.mark.served
def test_production_is_alive_without_a_database_and_a_redis():
    """Everything it needs is away, and still the container must not be killed: that would repair nothing."""
    with production.gunicorn(production.VARIABLES | production.AWS_CREDENTIALS) as port:
        for host in ("127.0.0.1:8000", "10.0.11.7:8000", "nonsense.example", ""):
            response, body = get(port, "/health/live/", host)
            assert (response.status, json.loads(body)["status"]) == (200, "ok")
        response, body = get(port, "/health/ready/", "10.0.11.7:8000")
        assert response.status == 503
        assert json.loads(body)["checks"] == {"database": False, "cache": False, "migrations": False}
        assert get(port, "/dashboard/", "nonsense.example")[0].status == 400
        assert get(port, "/dashboard/", "api.example.com")[0].status == 301


@pytest.mark.real
def test_production_serves_over_the_load_balancer(capsys):
    variables = production.on_this_machine()
    assert production.manage("migrate", "--noinput", variables=variables).returncode == 0
    with production.gunicorn(variables) as port:
        behind = {
            "X-Forwarded-Proto": "https",
            "X-Request-ID": "0123456789abcdef",
            "X-Amzn-Trace-Id": "Root=1-67891233",
        }
        ready, body = get(port, "/health/ready/", "10.0.11.7:8000")
        assert ready.status == 200, body
        response, _ = get(port, "/api/filters/?location=somewhere", "api.example.com", **behind)
        assert response.status == 200
        assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        identifier = response.headers["X-Request-ID"]
        assert identifier != "0123456789abcdef", "a client does not choose what our log calls its request"
        assert get(port, "/missing/", "api.example.com", **behind)[0].status == 404
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    (line,) = [line for line in lines if line["message"] == "GET /api/filters/"]
    assert (line["status"], line["request_id"], line["level"]) == (200, identifier, "INFO")
    assert line["trace"] == "Root=1-67891233"
    text = json.dumps(lines)
    assert "somewhere" not in text and '127.0.0.1"' not in text and os.environ["DATABASE_PASSWORD"] not in text
    assert "/health" not in text
