"""What a Dockerfile says of its image: variables, directory, entry point, command and the signal that ends it.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from cli.dockerfile import array, expanded, instructions, pairs, words

_SHELL = ("/bin/sh", "-c")
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
    for _, name, rest in instructions(text):
        if name == "FROM":
            named = [word for word in rest.split() if not word.startswith("--")]
            base = expanded(named[0], arguments).lower() if named else ""
            stage = named[2].lower() if len(named) > 2 and named[1].lower() == "as" else str(len(stages))
            stages[stage] = stages.get(base, Image())
        elif name == "ARG":
            arguments |= {key: expanded(value, arguments) for key, value in pairs(rest)}
        elif stage:
            stages[stage] = _after(stages[stage], name, rest, arguments)
    return stages.get((target or stage).lower(), Image())


def _after(image: Image, name: str, rest: str, arguments: Mapping[str, str]) -> Image:
    """The image after one more instruction."""
    known = {**arguments, **image.variables}
    match name:
        case "ENV":
            found = {key: expanded(value, known) for key, value in pairs(rest)}
            return replace(image, variables={**image.variables, **found})
        case "WORKDIR":
            return replace(image, directory=str(PurePosixPath(image.directory, expanded(rest, known))))
        case "USER":
            return replace(image, user=expanded(rest, known))
        case "STOPSIGNAL":
            return replace(image, stop_signal=expanded(rest, known))
        case "CMD":
            return replace(image, command=_command(rest))
        case "ENTRYPOINT":
            # With a shell, the image's CMD is no argument of it.
            is_shell = not rest.startswith("[")
            return replace(image, entry_point=_command(rest), command=() if is_shell else image.command)
        case "COPY" | "ADD":
            return _with_files(image, [expanded(word, known) for word in words(rest)])
    return image


def _with_files(image: Image, given: list[str]) -> Image:
    if any(word.startswith("--from=") for word in given):
        return image
    *sources, target = [word for word in given if not word.startswith("--")] or [""]
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


def _command(rest: str) -> tuple[str, ...]:
    """An array runs as it is; what is none runs in a shell."""
    parsed = array(rest)
    if parsed is not None:
        return parsed
    return (*_SHELL, rest) if rest else ()
