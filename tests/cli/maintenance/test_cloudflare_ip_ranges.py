"""The refresh of Cloudflare's ranges, against a server of our own: what is not a list of theirs changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest

from cli.maintenance import cloudflare_ip_ranges
from cli.maintenance.cloudflare_ip_ranges import main
from modules.cloudflare_ip_ranges.ranges import FILE, CloudflareRanges, published

V4, V6 = "/ips-v4", "/ips-v6"
GOOD = {
    V4: (200, "\n".join(reversed(published().ipv4)).encode()),
    V6: (200, "\n".join(published().ipv6).encode()),
}


BROKEN_OFF = b"103.21.244.0/22\n103.2"


class Server(ThreadingHTTPServer):
    """Answers on loopback as it is told, and keeps by whom it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = dict(GOOD)
        self.agents: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.agents.append(self.headers["User-Agent"])
        status, body = self.server.answers[self.path]
        self.send_response(status)
        # One byte more than comes: a connection that breaks.
        self.send_header("Content-Length", str(len(body) + (body == BROKEN_OFF)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Refresh:
    """The command, on a file of its own."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self._capsys = file, capsys
        file.write_bytes(FILE.read_bytes())

    def __call__(self, port: int) -> tuple[int, list[str], list[str]]:
        """Its exit code and the lines of its outputs."""
        code = main([], file=self.file, urls=urls(port))
        printed = self._capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    @property
    def unchanged(self) -> bool:
        return self.file.read_bytes() == FILE.read_bytes()


def urls(port: int) -> dict[int, str]:
    return {4: f"http://127.0.0.1:{port}{V4}", 6: f"http://127.0.0.1:{port}{V6}"}


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def server(running: Server) -> Server:
    running.answers = dict(GOOD)
    return running


@pytest.fixture
def refresh(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refresh:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Refresh(tmp_path / "ranges.json", capsys)


def test_what_was_added_and_removed_is_printed_and_what_to_do_next(server: Server, refresh: Refresh) -> None:
    blocks = [*published().ipv4[1:], "198.41.0.0/24"]
    server.answers[V4] = (200, "\n".join(blocks).encode())
    assert refresh(server.server_port) == (
        0,
        [
            "+ 198.41.0.0/24",
            f"- {published().ipv4[0]}",
            "Next: review the difference, run `make snapshots`, and deploy the django-service units.",
        ],
        [],
    )
    new = CloudflareRanges.read(refresh.file)
    assert set(new.ipv4) == set(blocks)
    assert new.ipv6 == published().ipv6


def test_the_file_says_when_and_with_what_it_was_compared(server: Server, refresh: Refresh) -> None:
    assert refresh(server.server_port)[0] == 0
    new = CloudflareRanges.read(refresh.file)
    assert new.updated.isoformat() == today()
    assert new.source == " and ".join(urls(server.server_port).values())
    assert new.ipv4 == published().ipv4


def test_nothing_is_written_when_nothing_has_changed(server: Server, refresh: Refresh) -> None:
    refresh(server.server_port)
    before = refresh.file.stat()
    assert refresh(server.server_port) == (0, [f"No range has changed since {today()}."], [])
    after = refresh.file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_else_is_left_beside_the_file(server: Server, refresh: Refresh) -> None:
    refresh(server.server_port)
    assert list(refresh.file.parent.iterdir()) == [refresh.file]


def test_it_does_not_go_by_the_name_that_cloudflare_blocks(server: Server, refresh: Refresh) -> None:
    refresh(server.server_port)
    assert not server.agents[-1].startswith("Python-urllib")


@pytest.mark.parametrize("list_", [V4, V6])
@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((200, b"<!DOCTYPE html><title>Just a moment</title>"), "'<!DOCTYPE' is no IP range"),
        ((200, b""), "ranges are not 1 to 20"),
        ((200, b"10.0.0.0/8\n"), "10.0.0.0/8 is no"),
        ((200, b"fd00::/8\n"), "fd00::/8 is no"),
        ((200, b"103.21.244.0/22\n2400:cb00::/32\n"), "is no IPv"),
        ((200, b"\xff\xfe\x00"), "the answer is no text"),
        ((200, BROKEN_OFF), "cannot be fetched ('IncompleteRead("),
        ((403, b""), "cannot be fetched ('Forbidden'): try again later"),
        ((500, b""), "cannot be fetched ('Internal Server Error'): try again later"),
    ],
)
def test_a_bad_answer_is_one_line_and_changes_nothing(
    list_: str, answer: tuple[int, bytes], what: str, server: Server, refresh: Refresh
) -> None:
    server.answers[list_] = answer
    code, out, (line,) = refresh(server.server_port)
    assert (code, out) == (1, [])
    assert line.startswith(f"http://127.0.0.1:{server.server_port}{list_}: ")
    assert what in line
    assert line.endswith("nothing was changed")
    assert refresh.unchanged


def test_no_network_is_one_line_and_changes_nothing(refresh: Refresh) -> None:
    with closing(create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    code, out, (line,) = refresh(port)
    assert (code, out) == (1, [])
    assert line.startswith(f"{urls(port)[4]}: cannot be fetched (")
    assert refresh.unchanged


def test_a_server_that_does_not_answer_is_not_waited_for(refresh: Refresh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudflare_ip_ranges, "TIMEOUT_SECONDS", 0.05)
    with closing(create_server(("127.0.0.1", 0))) as silent:
        code, _, (line,) = refresh(silent.getsockname()[1])
    assert code == 1
    assert "timed out" in line


def test_a_broken_file_is_told(server: Server, refresh: Refresh) -> None:
    refresh.file.write_text(json.dumps([]))
    line = f"{refresh.file}: cannot be read (TypeError): restore it from git"
    assert refresh(server.server_port) == (1, [], [line])
