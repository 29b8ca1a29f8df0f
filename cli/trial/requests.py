"""Asks a web process as the load balancer does, and as a visitor's request comes through it."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cli.text import one_line
from cli.trial.tasks import Target

_POLL_SECONDS = 0.3
_VISITOR = "203.0.113.7"
# gunicorn and uvicorn believe what 127.0.0.1 says of a visitor's protocol, and no load balancer. Where the loopback
# interface has no other address, they do so here.
_SOURCE = ("127.0.0.3", 0) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    location: str = ""
    seconds: float = 0


def ask(port: int, path: str, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """One GET over plain HTTP, whose redirects are not followed. Raises OSError or http.client.HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds, source_address=_SOURCE)
    started = time.monotonic()
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        location = answer.getheader("Location") or ""
    finally:
        connection.close()
    return Answer(status=answer.status, location=location, seconds=time.monotonic() - started)


def as_load_balancer(port: int, target: Target, address: str, is_alive: Callable[[], bool]) -> str:
    """What is wrong with a target, asked until it is healthy, ends, or its grace is over; empty where it is healthy.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    headers = {"Host": f"{address}:{port}", "User-Agent": "ELB-HealthChecker/2.0"}
    end = time.monotonic() + target.grace_seconds
    said = "does not listen"
    while is_alive() and time.monotonic() < end:
        try:
            answer = ask(port, target.path, headers, target.timeout_seconds)
        except (OSError, http.client.HTTPException) as error:
            said = f"port {port}: {_reason(error)}"
        else:
            if target.accepts(answer.status):
                return ""
            said = f"answers {answer.status}{_to(answer)}, not {target.matcher}"
        time.sleep(_POLL_SECONDS)
    return f"{said} within {target.grace_seconds:.0f} s" if is_alive() else f"ended: {said}"


def as_visitor(
    port: int, path: str, hostname: str, *, only_success: bool, forwarded_proto: str = "X-Forwarded-Proto"
) -> tuple[str, str]:
    """What it answers, and what is wrong with that: TLS ended before it, as the header `forwarded_proto` says.

    Where that is not X-Forwarded-Proto, the load balancer was asked over HTTP.
    """
    is_direct = forwarded_proto == "X-Forwarded-Proto"
    headers = {
        "Host": hostname,
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "443" if is_direct else "80",
        forwarded_proto: "https",
        "X-Forwarded-For": _VISITOR,
        "User-Agent": "make try",
    }
    try:
        answer = ask(port, path, headers, 30)
    except (OSError, http.client.HTTPException) as error:
        return "", _reason(error)
    said = f"{answer.status}{_to(answer)}"
    if answer.location in (f"https://{hostname}{path}", path):
        return said, f"{said}, which is the same address: read {forwarded_proto}, as by SECURE_PROXY_SSL_HEADER"
    if answer.status == 400:
        return said, f"{said}: does ALLOWED_HOSTS have {hostname}?"
    is_wrong = not 200 <= answer.status < 300 if only_success else answer.status >= 500
    return said, said if is_wrong else ""


def _to(answer: Answer) -> str:
    return f" to {one_line(answer.location, 100)}" if answer.location else ""


def _reason(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__, 120)
