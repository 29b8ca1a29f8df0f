"""A web process is asked as the load balancer asks, and as a visitor comes through it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.trial import requests, servers
from cli.trial.tasks import Target

Answer = tuple[int, str]
LOOP = "which is the same address: read X-Forwarded-Proto, as by SECURE_PROXY_SSL_HEADER"


@contextmanager
def answering(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[int]:
    """A server that answers a path and headers with a status and a Location."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, location = answer(self.path, dict(self.headers))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def target(matcher: str = "200", grace: float = 0.5) -> Target:
    return Target(path="/up/?deep=1", matcher=matcher, timeout_seconds=2, grace_seconds=grace)


def test_the_load_balancer_names_the_target_by_its_address() -> None:
    asked = []

    def answer(path: str, headers: dict[str, str]) -> Answer:
        asked.append((path, headers["Host"], headers["User-Agent"]))
        return 200, ""

    with answering(answer) as port:
        assert requests.as_load_balancer(port, target(), "10.0.0.10", lambda: True) == ""
    assert asked == [("/up/?deep=1", f"10.0.0.10:{port}", "ELB-HealthChecker/2.0")]


def test_a_target_that_does_not_become_healthy_says_what_it_answers() -> None:
    with answering(lambda *_: (301, "https://api.example.com/up/")) as port:
        said = requests.as_load_balancer(port, target(), "10.0.0.10", lambda: True)
        assert said == "answers 301 to https://api.example.com/up/, not 200 within 0 s"
        assert requests.as_load_balancer(port, target("200-399"), "10.0.0.10", lambda: True) == ""
    said = requests.as_load_balancer(servers.free_port(), target(), "10.0.0.10", lambda: True)
    assert "Connection refused within 0 s" in said


def test_a_target_that_becomes_healthy_within_its_grace_is_healthy() -> None:
    statuses = iter([503, 503, 200])
    with answering(lambda *_: (next(statuses), "")) as port:
        assert requests.as_load_balancer(port, target(grace=30), "10.0.0.10", lambda: True) == ""


@pytest.mark.parametrize(
    ("answer", "only_success", "said", "wrong"),
    [
        ((200, ""), True, "200", ""),
        ((404, ""), False, "404", ""),
        ((404, ""), True, "404", "404"),
        ((302, "/login/"), False, "302 to /login/", ""),
        ((500, ""), False, "500", "500"),
        ((400, ""), False, "400", "400: does ALLOWED_HOSTS have api.example.com?"),
        (
            (301, "https://api.example.com/x/"),
            False,
            "301 to https://api.example.com/x/",
            f"301 to https://api.example.com/x/, {LOOP}",
        ),
    ],
)
def test_what_a_visitor_gets(answer: Answer, only_success: bool, said: str, wrong: str) -> None:
    with answering(lambda *_: answer) as port:
        assert requests.as_visitor(port, "/x/", "api.example.com", only_success=only_success) == (said, wrong)


def test_a_visitor_comes_over_https_by_the_public_name() -> None:
    asked = {}

    def answer(_: str, headers: dict[str, str]) -> Answer:
        asked.update(headers)
        return 200, ""

    with answering(answer) as port:
        requests.as_visitor(port, "/", "api.example.com", only_success=True)
    assert (asked["Host"], asked["X-Forwarded-Proto"]) == ("api.example.com", "https")
    assert asked["X-Forwarded-For"] == "203.0.113.7"


def test_a_visitor_who_comes_through_cloudfront_is_over_http_to_the_load_balancer() -> None:
    asked = {}

    def answer(_: str, headers: dict[str, str]) -> Answer:
        asked.update(headers)
        return 301, "https://d111111abcdef8.cloudfront.net/"

    with answering(answer) as port:
        _, wrong = requests.as_visitor(
            port,
            "/",
            "d111111abcdef8.cloudfront.net",
            only_success=True,
            forwarded_proto="CloudFront-Forwarded-Proto",
        )
    names = ("X-Forwarded-Proto", "X-Forwarded-Port", "CloudFront-Forwarded-Proto")
    assert [asked[name] for name in names] == ["http", "80", "https"]
    assert wrong.endswith("which is the same address: read CloudFront-Forwarded-Proto, as by SECURE_PROXY_SSL_HEADER")
