"""Asks the deployed service whether it is ready, through its public name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from cli.text import one_line

TIMEOUT_SECONDS = 300.0


class NotReady(Exception):
    """A service that does not say that it is ready. Its text is one line."""


def wait(
    url: str,
    path: str,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    poll_seconds: float = 5.0,
    on_change: Callable[[str], None] = lambda _said: None,
) -> None:
    """Return once the path answers with any 2xx. Raises NotReady.

    It is asked for minutes, because a new name is not known everywhere at once.
    """
    end = time.monotonic() + timeout_seconds
    before = ""
    while said := _ask(url + path):
        if time.monotonic() > end:
            raise NotReady(f"{url}{path} does not say that it is ready: {said}")
        if said != before:
            on_change(said)
        before = said
        time.sleep(poll_seconds)


def _ask(url: str) -> str:
    """What is wrong; empty where it is ready."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "deploy"}), timeout=10) as answer:  # noqa: S310
            # A redirect leads to whoever else answers there, such as a login in front of it.
            host, asked = urlsplit(answer.url).hostname, urlsplit(url).hostname
            return "" if host == asked else f"it redirects to {host}"
    except HTTPError as error:
        if 300 <= error.code < 400:
            return "it redirects to itself: Django must know HTTPS by SECURE_PROXY_SSL_HEADER, as docs/dns.md says"
        failed = ", ".join(name for name, fine in _checks(error).items() if not fine)
        return f"it answers {error.code}{failed and f': {failed} failed'}"
    except (OSError, HTTPException) as error:
        return one_line(str(getattr(error, "reason", "") or type(error).__name__), 200)


def _checks(answer: IO[bytes]) -> dict[str, bool]:
    """The checks of an answer that has some, as `{"checks": {"database": false}}`; empty where the body is another."""
    try:
        return dict(json.loads(answer.read())["checks"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return {}
