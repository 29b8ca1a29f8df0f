"""Fetching over HTTPS, from a server on loopback."""

import contextlib
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import servers
from salaries import sources

pytestmark = pytest.mark.once

CSV = b"role,salary\ndev,100\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the path says; the server remembers what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        name, _, rest = self.path.strip("/").partition("?to=")
        if name == "redirect":
            self.answer(302, b"", Location=rest)
        elif name == "missing":
            self.answer(404, b"no")
        elif name == "truncated":
            self.answer(200, CSV, length=len(CSV) + 7)
        elif name == "broken":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"14\r\n" + CSV + b"\r\n5\r\nab")
        elif name == "slow":
            time.sleep(2)
            self.answer(200, CSV)
        elif name == "unlike-http":
            self.wfile.write(b"hello\r\n\r\n")
        else:
            self.answer(200, CSV)
        self.close_connection = True

    def answer(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body) if length is None else length), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Server(http.server.ThreadingHTTPServer):
    asked: list[tuple[str, str | None]]

    @property
    def address(self) -> str:
        return f"https://localhost:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what is tested."""


@contextlib.contextmanager
def serving(certificates: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    servers.certificates(directory)
    return directory


@pytest.fixture
def server(certificates, monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    with serving(certificates) as running:
        yield running


@pytest.fixture
def fetch(tmp_path) -> Callable[..., Path]:
    """Fetches one source over an older answer of it."""
    target = tmp_path / "raw" / "one.csv"
    target.parent.mkdir()
    target.write_text("old")

    def call(url: str, **options: object) -> Path:
        config = tmp_path / "sources.json"
        headers = {"Authorization": "Bearer token"}
        config.write_text(json.dumps([{"name": "one", "url": url, "dest": "one.csv", "headers": headers}]))
        call_command("fetch_salary_sources", config=config, output_dir=target.parent, **options)
        return target

    return call


def test_a_source_is_fetched_with_its_headers(server, fetch):
    assert fetch(f"{server.address}/one").read_bytes() == CSV
    assert server.asked == [("/one", "Bearer token")]


def test_a_redirect_is_followed_and_keeps_the_headers_of_its_host(server, fetch):
    assert fetch(f"{server.address}/redirect?to=/elsewhere").read_bytes() == CSV
    assert server.asked[1] == ("/elsewhere", "Bearer token")


def test_another_host_is_not_told_the_token(server, fetch, certificates):
    with serving(certificates) as other:
        assert fetch(f"{server.address}/redirect?to={other.address}/there").read_bytes() == CSV
        assert other.asked == [("/there", None)]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("redirect?to=http://localhost/secret", "it is redirected to http://, which is not https://"),
        ("redirect?to=ftp://localhost/secret", "it is redirected to ftp://, which is not https://"),
        ("redirect?to=file:///etc/passwd", "is not allowed"),
        ("missing", "HTTP Error 404"),
        ("truncated", "the answer ends 7 bytes too early"),
        ("broken", "IncompleteRead"),
        ("unlike-http", "hello"),
        ("slow", "timed out"),
    ],
)
def test_what_is_not_the_whole_file_replaces_nothing(server, fetch, tmp_path, capsys, path, reason):
    with pytest.raises(CommandError, match="1 of 1 sources could not be fetched"):
        fetch(f"{server.address}/{path}", timeout=0.5)
    said = capsys.readouterr().err
    assert said.startswith("one: cannot be fetched: ") and reason in said
    assert "secret" not in said
    assert [(path.name, path.read_text()) for path in (tmp_path / "raw").iterdir()] == [("one.csv", "old")]


def test_a_file_that_is_too_large_replaces_nothing(server, fetch, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST_BYTES", len(CSV))
    assert fetch(f"{server.address}/one").read_bytes() == CSV
    monkeypatch.setattr(sources, "LARGEST_BYTES", len(CSV) - 1)
    with pytest.raises(CommandError):
        fetch(f"{server.address}/one")
    assert "it is larger than 19 bytes" in capsys.readouterr().err
    assert len(list((tmp_path / "raw").iterdir())) == 1


def test_a_server_of_an_unknown_authority_is_not_asked(server, fetch, monkeypatch, capsys):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CommandError):
        fetch(f"{server.address}/one")
    assert "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().err
    assert server.asked == []
