"""A deployment is over when the service says through its public name that it is ready."""

from __future__ import annotations

import pytest

from cli.deploy import health
from tests.cli.deploy.conftest import Web

PATH = "/health/ready/"
READY = (200, {"status": "healthy", "checks": {"database": True, "cache": True}})


def wait(url: str, said: list[str] | None = None, seconds: float = 0.05) -> None:
    heard = [] if said is None else said
    health.wait(url, PATH, timeout_seconds=seconds, poll_seconds=0.01, on_change=heard.append)


def test_a_service_that_is_ready_is_asked_once(web: Web) -> None:
    web.answers[PATH] = READY
    wait(web.url)
    assert [path for path, _ in web.requests] == ["/health/ready/"]


def test_checks_that_fail_are_named_and_told_once(web: Web) -> None:
    web.answers[PATH] = (503, {"checks": {"database": False, "cache": True, "migrations": False}})
    said: list[str] = []
    with pytest.raises(health.NotReady, match="is ready: it answers 503: database, migrations failed$"):
        wait(web.url, said)
    assert said == ["it answers 503: database, migrations failed"]
    assert len(web.requests) > 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"checks": 1}', b"\xff"])
def test_an_answer_of_something_else_is_told_by_its_status(web: Web, body: bytes) -> None:
    web.answers[PATH] = (502, body)
    with pytest.raises(health.NotReady, match="is ready: it answers 502$"):
        wait(web.url)


@pytest.mark.parametrize("status", [200, 204, 299])
@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b'{"status": "ok"}', b'{"checks": 1}'])
def test_any_2xx_is_ready_whatever_it_says(web: Web, status: int, body: bytes) -> None:
    web.answers["/"] = (status, body if status != 204 else b"")
    health.wait(web.url, "/?deployed=1", timeout_seconds=0.05, poll_seconds=0.01)
    assert [path for path, _ in web.requests] == ["/?deployed=1"]


def test_a_page_of_the_application_to_which_it_redirects_is_ready(web: Web) -> None:
    web.redirects["/"] = "/login/"
    web.answers["/login/"] = (200, b"<html>")
    health.wait(web.url, "/", timeout_seconds=0.05, poll_seconds=0.01)


def test_a_service_that_redirects_to_itself_does_not_know_that_it_is_asked_over_https(web: Web) -> None:
    web.redirects[PATH] = PATH
    with pytest.raises(health.NotReady, match="is ready: it redirects to itself: Django must know HTTPS by SECURE_PRO"):
        wait(web.url)


def test_a_page_of_somebody_else_is_not(web: Web) -> None:
    web.redirects[PATH] = web.url.replace("127.0.0.1", "localhost") + "/login/"
    web.answers["/login/"] = (200, b"<html>")
    with pytest.raises(health.NotReady, match="is ready: it redirects to localhost$"):
        wait(web.url)


def test_it_goes_on_when_the_service_gets_ready(web: Web) -> None:
    web.answers[PATH] = (503, {})
    said: list[str] = []

    def repair(line: str) -> None:
        said.append(line)
        web.answers[PATH] = READY

    health.wait(web.url, PATH, timeout_seconds=60, poll_seconds=0.01, on_change=repair)
    assert said == ["it answers 503"]


def test_a_name_that_is_not_known_or_refuses_is_told(web: Web) -> None:
    with pytest.raises(health.NotReady, match="http://127.0.0.1:9/health/ready/ does not .*Connection refused"):
        wait("http://127.0.0.1:9")
    with pytest.raises(health.NotReady, match="does not say that it is ready"):
        wait("http://nowhere.invalid")
