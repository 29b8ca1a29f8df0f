"""Text as the command line prints it."""

from __future__ import annotations

from datetime import timedelta

from modules.credentials import hide


def one_line(text: str, limit: int = 500) -> str:
    """The text in one printable line, so that no control character of a value reaches a terminal or a log.

    Credentials are hidden before it is cut, because nobody knows half of one.
    """
    line = printable(hide(" ".join(text.split())))
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def printable(text: str) -> str:
    """The text with everything that does not print, or turns its direction, written as an escape."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def duration(passed: timedelta) -> str:
    """How long ago something was, in its two largest units: "12 min", "3 h 20 min", "2 d 5 h"."""
    minutes = int(passed.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
