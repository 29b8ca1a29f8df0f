"""Gunicorn's worker: no client keeps liveness from being answered, and none occupies a thread for long."""

import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import load
import production

pytestmark = [pytest.mark.once, pytest.mark.served]

THREADS = 4
BODY = (
    b"POST /api/token/ HTTP/1.1\r\nHost: api.example.com\r\nX-Forwarded-Proto: https\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)
HEAD = b"GET /hello/ HTTP/1.1\r\nHost: api.exam"
VARIABLES = production.VARIABLES | production.AWS_CREDENTIALS | {"GUNICORN_CMD_ARGS": "--workers 1"}


@contextlib.contextmanager
def unfinished(port: int, beginnings: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    """Clients that have begun a request and do not end it."""
    load.fetch(port, "/health/live/")  # the worker has started
    with contextlib.ExitStack() as stack:
        clients = []
        for beginning in beginnings:
            client = stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", port))))
            client.sendall(beginning)
            clients.append(client)
        time.sleep(0.5)
        yield clients


def test_liveness_is_answered_while_every_thread_waits_for_a_client():
    with production.gunicorn(VARIABLES) as port, unfinished(port, [BODY, HEAD, b""] * THREADS):
        for path in ("/health/live/", "/healthz"):
            started = time.monotonic()
            assert load.fetch(port, path, timeout=5)[0] == 200
            assert time.monotonic() - started < 3, "the container's check waits five seconds"


def test_a_request_that_arrives_byte_by_byte_is_ended():
    config = str(Path(__file__).with_name("impatient.py"))
    with production.gunicorn(VARIABLES, config=config) as port, unfinished(port, [BODY, HEAD]) as clients:
        end = time.monotonic() + 15
        for client in clients:
            client.settimeout(0.2)
            while not ended(client):
                assert time.monotonic() < end, "the server still waits"
                client.sendall(b"x")


def ended(client: socket.socket) -> bool:
    with contextlib.suppress(TimeoutError):
        return not client.recv(4096)
    return False
