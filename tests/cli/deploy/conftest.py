"""Fixtures of a deployment."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cli.terraform.paused import PauseRecord


@pytest.fixture(autouse=True)
def _nothing_is_paused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test has no account that could be asked; test_pause.py has one."""
    if request.module.__name__.rpartition(".")[2] != "test_pause":
        monkeypatch.setattr(PauseRecord, "read", lambda _: None)


@dataclass(slots=True)
class Web:
    """A server that answers what a test says, by path: a status and what becomes JSON."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    """Where it sends one, by path."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and Authorization of each."""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests.append((self.path, self.headers.get("Authorization", "")))
            status, answer = made.answers.get(self.path.split("?")[0], (404, {}))
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            location = made.redirects.get(self.path.split("?")[0])
            self.send_response(302 if location else status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
