"""A data file of the project, and what somebody publishes for it."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar
from urllib.request import Request, urlopen

from cli.failure import Failure
from modules.validation import show

T = TypeVar("T")


def read(file: Path, parse: Callable[[Path], T]) -> T:
    """What a data file of this project holds. Raises Failure."""
    try:
        return parse(file)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{file}: cannot be read ({type(error).__name__}): restore it from git") from error


def fetch(request: Request, parse: Callable[[str], T], wrong: type[Exception], timeout_seconds: float) -> T:
    """What somebody publishes, as `parse` reads it, which raises `wrong`. Raises Failure."""
    url = request.full_url
    try:
        with urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            return parse(answer.read().decode())
    except (OSError, HTTPException) as error:
        reason = show(str(getattr(error, "reason", error)))
        raise Failure(f"{url}: cannot be fetched ({reason}): try again later; nothing was changed") from error
    except (UnicodeDecodeError, wrong) as error:
        what = str(error) if isinstance(error, wrong) else "the answer is no text"
        raise Failure(f"{url}: {what}: look at the page; nothing was changed") from error


def write(file: Path, text: str) -> None:
    """Replace the file in one step, so that no reader finds half of it. Raises Failure, and then nothing is changed."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise Failure(f"{file}: cannot be written ({error.strerror}): nothing was changed") from error
