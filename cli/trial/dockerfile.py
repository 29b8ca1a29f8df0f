"""What a Dockerfile says of its image: variables, directory, entry point, command and the signal that ends it.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

_SHELL = ("/bin/sh", "-c")
_REFERENCE = re.compile(r"\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")
_HEREDOC = re.compile(r"<<-?(['\"]?)(\w+)\1")
# Amazon's authorities for RDS: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
_RDS_AUTHORITIES = re.compile(r"https://truststore\.pki\.rds\.amazonaws\.com/\S+\.pem")


@dataclass(frozen=True, kw_only=True)
class Image:
    """What the last stage, or the named one, leaves in the image."""

    variables: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"
    """WORKDIR."""
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    stop_signal: str = "SIGTERM"
    user: str = ""
    """USER; empty where there is none, which is root."""
    copies: tuple[tuple[str, str], ...] = ()
    """What COPY and ADD bring from the context, and where it is in the image."""
    rds_authorities: tuple[str, ...] = ()
    """The files into which ADD writes Amazon's authorities for RDS."""

    def program(self, entry_point: tuple[str, ...] | None, command: tuple[str, ...] | None) -> tuple[str, ...]:
        """What runs with those of a task definition; empty where nobody names a program.

        An entry point of the task takes the place of that of the image, and of its command too:
        https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact
        """
        if entry_point is not None:
            return (*entry_point, *(command or ()))
        return (*(self.entry_point or ()), *(self.command or () if command is None else command))


def read(text: str, target: str | None = None) -> Image:
    """The image of the last stage, or of the stage named `target`, on top of the stages that it is built from."""
    stages: dict[str, Image] = {}
    stage, arguments = "", dict[str, str]()
    for name, rest in _instructions(text):
        if name == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")]
            base = _expanded(words[0], arguments).lower() if words else ""
            stage = words[2].lower() if len(words) > 2 and words[1].lower() == "as" else str(len(stages))
            stages[stage] = stages.get(base, Image())
        elif name == "ARG":
            arguments |= {key: _expanded(value, arguments) for key, value in _pairs(rest)}
        elif stage:
            stages[stage] = _after(stages[stage], name, rest, arguments)
    return stages.get((target or stage).lower(), Image())


def _after(image: Image, name: str, rest: str, arguments: Mapping[str, str]) -> Image:
    """The image after one more instruction."""
    known = {**arguments, **image.variables}
    match name:
        case "ENV":
            found = {key: _expanded(value, known) for key, value in _pairs(rest)}
            return replace(image, variables={**image.variables, **found})
        case "WORKDIR":
            return replace(image, directory=str(PurePosixPath(image.directory, _expanded(rest, known))))
        case "USER":
            return replace(image, user=_expanded(rest, known))
        case "STOPSIGNAL":
            return replace(image, stop_signal=_expanded(rest, known))
        case "CMD":
            return replace(image, command=_command(rest))
        case "ENTRYPOINT":
            # With a shell, the image's CMD is no argument of it.
            is_shell = not rest.startswith("[")
            return replace(image, entry_point=_command(rest), command=() if is_shell else image.command)
        case "COPY" | "ADD":
            return _with_files(image, [_expanded(word, known) for word in _words(rest)])
    return image


def _with_files(image: Image, words: list[str]) -> Image:
    if any(word.startswith("--from=") for word in words):
        return image
    *sources, target = [word for word in words if not word.startswith("--")] or [""]
    copies, authorities = [], []
    for source in sources:
        path = PurePosixPath(image.directory, target)
        if _RDS_AUTHORITIES.fullmatch(source):
            is_directory = target.endswith("/")
            authorities.append(str(path / PurePosixPath(source).name if is_directory else path))
        elif "://" not in source:
            copies.append((source.removeprefix("./") or ".", str(path)))
    return replace(
        image,
        copies=(*image.copies, *copies),
        rds_authorities=(*image.rds_authorities, *authorities),
    )


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Each instruction and its arguments, with continued lines joined and the bodies of here-documents left out."""
    lines = iter(text.splitlines())
    for first in lines:
        line = first.strip()
        if not line or line.startswith("#"):
            continue
        while line.endswith("\\"):
            following = next(lines, "").strip()
            while following.startswith("#"):
                following = next(lines, "").strip()
            line = f"{line[:-1].rstrip()} {following}"
        name, _, rest = line.partition(" ")
        for _quote, end in _HEREDOC.findall(rest) if name.upper() in ("RUN", "COPY", "ADD") else ():
            while next(lines, end).strip() != end:
                pass
        yield name.upper(), rest.strip()


def _pairs(rest: str) -> Iterator[tuple[str, str]]:
    """The names and values of ENV and ARG; `ENV NAME a value` is the old form of one."""
    words = _words(rest)
    if words and "=" not in words[0] and len(words) > 1:
        yield words[0], rest.partition(words[0])[2].strip()
        return
    for word in words:
        name, _, value = word.partition("=")
        yield name, value


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        return list(_command(rest))
    try:
        return shlex.split(rest.replace("\\$", "\\\\$"))  # an escaped dollar stays escaped for what follows
    except ValueError:
        return rest.split()


def _command(rest: str) -> tuple[str, ...]:
    """An array runs as it is; what is none runs in a shell."""
    if rest.startswith("["):
        try:
            parsed = json.loads(rest)
        except ValueError:
            parsed = None
        if isinstance(parsed, list):
            return tuple(map(str, parsed))
    return (*_SHELL, rest) if rest else ()


def _expanded(text: str, known: Mapping[str, str]) -> str:
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
