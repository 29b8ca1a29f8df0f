"""A pull request has one comment of each page, which is updated."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from cli.review import comment

PAGE = "<!-- terraform plan of prod -->\nnew\n"
BOT = {"login": "github-actions[bot]"}


class GitHub:
    """What GitHub keeps, and how it answers."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.status = 200
        self.tokens: set[str | None] = set()

    def environment(self, port: int) -> dict[str, str]:
        url = f"http://127.0.0.1:{port}"
        return {"GITHUB_TOKEN": "t0ken-of-a-run", "GITHUB_REPOSITORY": "me/it", "GITHUB_API_URL": url}

    def add(self, body: str, **user: str) -> dict[str, Any]:
        made = {"id": len(self.comments), "body": body, "user": user or BOT, "html_url": f"u{len(self.comments)}"}
        self.comments.append(made)
        return made


@pytest.fixture
def github() -> Iterator[tuple[GitHub, dict[str, str]]]:
    fake = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, body: object) -> None:
            fake.tokens.add(self.headers["Authorization"])
            self.send_response(fake.status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def sent(self) -> dict[str, Any]:
            sent: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return sent

        def do_GET(self) -> None:
            url = urlparse(self.path)
            assert url.path == "/repos/me/it/issues/17/comments"
            query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
            first = (query["page"] - 1) * query["per_page"]
            self.answer(fake.comments[first : first + query["per_page"]])

        def do_POST(self) -> None:
            assert self.path == "/repos/me/it/issues/17/comments"
            self.answer(fake.add(self.sent()["body"]))

        def do_PATCH(self) -> None:
            found = fake.comments[int(self.path.rpartition("/")[2])]
            found.update(self.sent())
            self.answer(found)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield fake, fake.environment(server.server_port)
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path / "page.md"


def bodies(fake: GitHub) -> list[str]:
    return [each["body"] for each in fake.comments]


def test_the_first_page_is_a_new_comment(github: tuple[GitHub, dict[str, str]], page: Path) -> None:
    fake, environment = github
    assert comment.main(["17", str(page)], environment) == 0
    assert bodies(fake) == [PAGE]
    assert fake.tokens == {"Bearer t0ken-of-a-run"}


def test_the_next_page_takes_its_place(github: tuple[GitHub, dict[str, str]], page: Path) -> None:
    fake, environment = github
    fake.add("<!-- terraform plan of dev -->\nother")
    fake.add("<!-- terraform plan of prod -->\nold")
    comment.main(["17", str(page)], environment)
    assert bodies(fake) == ["<!-- terraform plan of dev -->\nother", PAGE]


def test_it_is_found_among_hundreds(github: tuple[GitHub, dict[str, str]], page: Path) -> None:
    fake, environment = github
    for _ in range(250):
        fake.add("talk", login="somebody")
    fake.add("<!-- terraform plan of prod -->\nold")
    comment.main(["17", str(page)], environment)
    assert len(fake.comments) == 251
    assert fake.comments[-1]["body"] == PAGE


def test_the_comment_of_somebody_else_is_left_alone(github: tuple[GitHub, dict[str, str]], page: Path) -> None:
    fake, environment = github
    fake.add("<!-- terraform plan of prod -->\nmine", login="somebody")
    comment.main(["17", str(page)], environment)
    assert bodies(fake) == ["<!-- terraform plan of prod -->\nmine", PAGE]


@pytest.mark.parametrize(("status", "said"), [(403, "pull-requests: write"), (500, "try again later")])
def test_a_refusal_of_github_is_one_line_without_the_token(
    status: int, said: str, github: tuple[GitHub, dict[str, str]], page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, environment = github
    fake.status = status
    assert comment.main(["17", str(page)], environment) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert "t0ken" not in line


@pytest.mark.parametrize("text", ["no marker", "<!-- m -->" + "x" * 65_536])
def test_what_is_no_page_is_not_posted(
    text: str, github: tuple[GitHub, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake, environment = github
    (tmp_path / "page.md").write_text(text)
    assert comment.main(["17", str(tmp_path / "page.md")], environment) == 1
    assert fake.comments == []
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_a_token_it_says_what_to_set(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert comment.main(["17", str(page)], {}) == 1
    assert "GITHUB_TOKEN is not set" in capsys.readouterr().err
