"""A failure is remembered for seconds, so that a server that is away does not occupy every thread."""

import time

import psycopg
import pytest
from django.db import connection

import servers
from operations import breaker
from operations.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.once


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(breaker.time, "monotonic", lambda: now[0])
    return now


def test_after_a_failure_nobody_tries_for_seconds_and_then_one_does(clock):
    server = breaker.Breaker(seconds=3)
    assert server.allows() and server.allows()
    server.trip()
    assert not server.allows()
    clock[0] += 3
    assert server.allows()
    assert not server.allows(), "while one tries, the others do not wait with it"
    clock[0] += 3
    assert server.allows(), "the one that tried has never reported"
    server.reset()
    assert server.allows() and server.allows()


def database(**options: object) -> DatabaseWrapper:
    settings = connection.settings_dict | {
        "HOST": "127.0.0.1", "PORT": servers.free_port(), "USER": "nobody", "PASSWORD": "", "NAME": "away",
        "OPTIONS": options,
    }  # fmt: skip
    return DatabaseWrapper(settings, alias=f"away{len(options)}")


@pytest.mark.parametrize(
    "options",
    [
        {"connect_timeout": 2},
        {"connect_timeout": 2, "pool": {"min_size": 0, "max_size": 4, "timeout": 0.5, "reconnect_timeout": 0}},
    ],
    ids=["connection", "pool"],
)
def test_a_database_that_is_away_makes_only_the_first_request_wait(options):
    away = database(**options)
    with pytest.raises(psycopg.OperationalError) as first:
        away.connect()
    assert "a moment ago" not in str(first.value)
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="could not be reached a moment ago"):
        away.connect()
    assert time.monotonic() - started < 0.2
    away.close_pool()
