"""Text as the command line prints it."""

from __future__ import annotations

import os
from datetime import timedelta

from cli.redaction import Redactor, secrets_of_environment
from modules.credentials import hide


def one_line(text: str, limit: int | None = 500) -> str:
    """The text in one printable line, so that no control character of a value reaches a terminal or a log.

    Credentials, and the secrets of this process, are hidden before it is cut, because nobody knows half of one.
    None: it is whole, as what somebody copies from it has to be.
    """
    line = printable(hide(" ".join(text.split())))
    if limit is None or len(line) <= limit:
        return line
    line = Redactor(secrets_of_environment(os.environ)).text(line)
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def age(since: timedelta) -> str:
    """How long that is, in the unit that a person would take: `7 min`, `30 h` or `3 d`."""
    hours = since.total_seconds() / 3600
    if hours < 1:
        return f"{max(int(hours * 60), 0)} min"
    return f"{int(hours)} h" if hours < 48 else f"{int(hours / 24)} d"


def printable(text: str) -> str:
    """The text with everything that does not print, or turns its direction, written as an escape."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
