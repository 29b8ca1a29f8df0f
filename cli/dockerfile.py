"""How a Dockerfile is written: https://docs.docker.com/reference/dockerfile/. What its image is, is for others."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_REFERENCE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")
_HEREDOC = re.compile(r"<<-?(['\"]?)(\w+)\1")


class Instruction(NamedTuple):
    """One of its instructions."""

    line: int
    name: str
    """In capitals: `COPY`."""
    rest: str
    """Its arguments, on one line."""


def instructions(text: str) -> Iterator[Instruction]:
    """Each instruction, with continued lines joined, and without comments and the bodies of here-documents."""
    lines = enumerate(text.splitlines(), 1)
    for number, first in lines:
        line = first.strip()
        if not line or line.startswith("#"):
            continue
        while line.endswith("\\"):
            stripped = (following.strip() for _, following in lines)
            line = f"{line[:-1].rstrip()} {next((each for each in stripped if each and each[0] != '#'), '')}"
        name, _, rest = line.partition(" ")
        for _quote, end in _HEREDOC.findall(rest) if name.upper() in ("RUN", "COPY", "ADD") else ():
            while next(lines, (0, end))[1].strip() != end:
                pass
        yield Instruction(number, name.upper(), rest.strip())


def array(rest: str) -> tuple[str, ...] | None:
    """The arguments that are written as a JSON array, which no shell reads; None where they are not."""
    try:
        parsed = json.loads(rest) if rest.startswith("[") else None
    except ValueError:
        return None
    return tuple(map(str, parsed)) if isinstance(parsed, list) else None


def words(rest: str) -> list[str]:
    """The arguments, as the instruction splits them."""
    if (parsed := array(rest)) is not None:
        return [*parsed]
    try:
        return shlex.split(rest.replace("\\$", "\\\\$"))  # an escaped dollar stays escaped for what follows
    except ValueError:
        return rest.split()


def pairs(rest: str) -> Iterator[tuple[str, str]]:
    """The names and values of ENV and ARG; `ENV NAME a value` is the old form of one, and `ARG NAME` gives none."""
    found = words(rest)
    if len(found) > 1 and "=" not in found[0]:
        yield found[0], rest.partition(found[0])[2].strip()
        return
    for word in found:
        name, is_given, value = word.partition("=")
        if is_given:
            yield name, value


def expanded(text: str, known: Mapping[str, str]) -> str:
    """The text with the values of the variables that it names."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "\\$":
            return "$"
        given = known.get(found[1] or found[2], "")
        if found[3] == "-":
            return given or found[4]
        if found[3] == "+":
            return found[4] if given else ""
        return given

    return _REFERENCE.sub(value, text)
