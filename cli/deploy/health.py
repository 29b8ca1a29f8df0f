"""Asks the deployed service whether it is ready, through its public name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATH = "/health/ready/"
TIMEOUT_SECONDS = 300.0


class NotReady(Exception):
    """A service that does not say that it is ready. Its text is one line."""


def wait(
    url: str,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    poll_seconds: float = 5.0,
    on_try: Callable[[str], None] = lambda _said: None,
) -> None:
    """Return once `<url>/health/ready/` answers 200. Raises NotReady.

    It is asked for minutes, because a new name is not known everywhere at once.
    """
    end = time.monotonic() + timeout_seconds
    while said := _ask(url + PATH):
        if time.monotonic() > end:
            raise NotReady(f"{url}{PATH} does not say that it is ready: {said}")
        on_try(said)
        time.sleep(poll_seconds)


def _ask(url: str) -> str:
    """What is wrong; empty where it is ready."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "deploy"}), timeout=10) as answer:  # noqa: S310
            return "" if answer.status == 200 else f"it answers {answer.status}"
    except HTTPError as error:
        return f"it answers {error.code}{_failed(error.read())}"
    except (OSError, HTTPException) as error:
        return str(getattr(error, "reason", "") or type(error).__name__)


def _failed(body: bytes) -> str:
    try:
        checks = json.loads(body)["checks"]
        return ": " + ", ".join(name for name, fine in checks.items() if not fine) + " failed"
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
