"""What a project's Dockerfile, Procfile and compose file say of its image and its processes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import yaml  # type: ignore[import-untyped]

from cli import dockerfile
from cli.configuration.describe.tree import Tree

_SHELL = re.compile(r"[$`&|;<>()*?\n]|(?:^|\s)[A-Z_]+=")
_KINDS = {
    "web": r"\b(gunicorn|uvicorn|daphne|hypercorn|granian|uwsgi|waitress-serve)\b|manage\.py runserver",
    "beat": r"\bcelery\b.*\bbeat\b|\brqscheduler\b|manage\.py (rqscheduler|scheduler|crontab|runclock|clock)\b",
    "worker": r"manage\.py (rundramatiq|rqworker|run_huey|qcluster|db_worker|procrastinate worker)\b"
    r"|\b(dramatiq|rq worker|arq)\b",
}
"""What a process is, by what its command runs. A worker that also schedules (`celery worker --beat`) is a worker."""


def kind(command: str) -> str | None:
    """Whether a command is "web", "worker" or "beat"."""
    if re.search(r"\bcelery\b.*\bworker\b", command):
        return "worker"
    return next((name for name, pattern in _KINDS.items() if re.search(pattern, command)), None)


@dataclass(frozen=True, slots=True)
class Command:
    """A command, as a container runs it."""

    words: tuple[str, ...]
    where: str
    tree: Tree

    @property
    def text(self) -> str:
        """What it runs, with the scripts of the project that it starts."""
        return "\n".join((" ".join(self.words), *map(self.tree.text, scripts(self.words, self.tree))))

    @property
    def kind(self) -> str | None:
        """As the function of the same name."""
        return kind(self.text)


def command(value: Any, where: str, tree: Tree, *, has_shell: bool = True) -> Command | None:
    """A command in any of the forms that these files have: a list, or a line, which a shell reads or not."""
    if isinstance(value, list):
        words = tuple(map(str, value))
    elif isinstance(value, str) and value.strip():
        line = " ".join(value.split())
        try:
            plain = () if has_shell and _SHELL.search(line) else tuple(shlex.split(line))
        except ValueError:
            plain = ()
        words = plain or ("sh", "-c", line if re.search(r"[&|;]|^exec ", line) else f"exec {line}")
    else:
        return None
    return Command(words, where, tree) if words else None


def scripts(words: tuple[str, ...], tree: Tree) -> list[str]:
    """The scripts of the project that a command starts, by where they lie in the image or by their names."""
    found = []
    for word in words:
        if word.startswith("-") or not ("/" in word or word.endswith(".sh")):
            continue
        name = PurePosixPath(word).name
        origin = tree.source_of(word)
        candidates = [origin] if origin else [*tree.named(name)] if re.fullmatch(r"[\w.-]+", name) else []
        found += [file for file in candidates if _is_script(file, tree)][:1]
    return found


def _is_script(file: str, tree: Tree) -> bool:
    return file.endswith(".sh") or tree.text(file).startswith("#!")


@dataclass(slots=True)
class Image:
    """The image that a Dockerfile makes, by its last stage and those that it is made from."""

    file: str
    workdir: str = "/"
    user: str = ""
    port: int | None = None
    command: Command | None = None
    entry_point: Command | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """What ENV sets."""
    variables: dict[str, str] = field(default_factory=dict)
    """The same, and what ARG sets while it is built."""
    volumes: list[str] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    """Directories of the project by where they lie in the image."""


def read_image(file: str, tree: Tree, target: str | None = None) -> Image:
    """Read a Dockerfile: https://docs.docker.com/reference/dockerfile."""
    stages: dict[str, Image] = {}
    made = Image(file)
    names: list[str] = []
    for line, name, value in dockerfile.instructions(tree.text(file)):
        if name == "FROM":
            if target and target in names:
                break
            words = [word for word in value.split() if not word.startswith("--")]
            made = _from(file, stages.get(words[0].lower()) if words else None)
            names.append(words[2].lower() if len(words) > 2 and words[1].lower() == "as" else "")
            stages[names[-1]] = made
        elif name in ("CMD", "ENTRYPOINT"):
            parsed = dockerfile.array(value)
            runs = command(value if parsed is None else [*parsed], f"{file}:{line}", tree)
            if name == "ENTRYPOINT":
                made.entry_point = runs
            made.command = runs if name == "CMD" else None
        elif name in ("COPY", "ADD"):
            _copy(made, value, stages)
        else:
            _set(made, name, value)
    made.stages = [name for name in names if name]
    return made


def _set(made: Image, name: str, value: str) -> None:
    """What one of the other instructions changes."""
    if name == "WORKDIR":
        made.workdir = str(PurePosixPath(made.workdir) / dockerfile.expanded(value, made.variables))
    elif name == "USER":
        made.user = dockerfile.expanded(value, made.variables)
    elif name == "EXPOSE" and (found := re.match(r"\d+", dockerfile.expanded(value, made.variables))):
        made.port = int(found[0])
    elif name in ("ENV", "ARG"):
        given = {key: dockerfile.expanded(text, made.variables) for key, text in dockerfile.pairs(value)}
        made.variables.update(given)
        made.environment.update(given if name == "ENV" else {})
    elif name == "RUN":
        for source, to in re.findall(r"\b(?:cp|mv) (?:-\S+ )*([\w./-]+) ([\w./-]+)", value):
            made.copies.update(
                _moved(made.copies, PurePosixPath(made.workdir) / source, PurePosixPath(made.workdir) / to)
            )
    elif name == "VOLUME":
        made.volumes += dockerfile.words(value)


def _from(file: str, base: Image | None) -> Image:
    if base is None:
        return Image(file)
    return Image(
        file,
        workdir=base.workdir,
        user=base.user,
        port=base.port,
        command=base.command,
        entry_point=base.entry_point,
        environment=dict(base.environment),
        variables=dict(base.variables),
        volumes=[*base.volumes],
        copies=dict(base.copies),
    )


def _copy(made: Image, value: str, stages: Mapping[str, Image]) -> None:
    stage = re.search(r"--from=(\S+)", value)
    given = dockerfile.words(re.sub(r"--\S+\s+", "", value))
    if len(given) < 2:
        return
    last = dockerfile.expanded(given[-1], made.variables)
    to = PurePosixPath(made.workdir) / last
    for word in given[:-1]:
        source = dockerfile.expanded(word, made.variables)
        into = to / PurePosixPath(source).name if last.endswith(("/", ".")) and PurePosixPath(source).suffix else to
        if stage is None:
            made.copies[str(into)] = str(PurePosixPath(source.strip("/") or "."))
        elif base := stages.get(stage[1].lower()):
            made.copies.update(_moved(base.copies, PurePosixPath("/") / source, into))


def _moved(copies: Mapping[str, str], source: PurePosixPath, to: PurePosixPath) -> Iterator[tuple[str, str]]:
    """What lies below a directory, where it lies when that is copied."""
    for place, origin in [*copies.items()]:
        path = PurePosixPath(place)
        if path.is_relative_to(source):
            yield str(to / path.relative_to(source)), origin
        elif source.is_relative_to(path):
            yield str(to), str(PurePosixPath(origin) / source.relative_to(path))


def procfile(file: str, tree: Tree) -> dict[str, Command]:
    """The processes of a Procfile by their names."""
    found = {}
    for number, line in enumerate(tree.text(file).splitlines(), 1):
        name, colon, value = line.partition(":")
        made = command(value, f"{file}:{number}", tree) if colon and re.fullmatch(r"[\w-]+", name.strip()) else None
        if made:
            found[name.strip()] = made
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a compose file."""

    name: str
    where: str
    image: str | None
    context: str | None
    dockerfile: str | None
    target: str | None
    command: Command | None
    variables: frozenset[str]


def compose(file: str, tree: Tree) -> list[Service]:
    """The services of a compose file that are built or have a command."""
    try:
        document = yaml.safe_load(tree.text(file))
    except (yaml.YAMLError, RecursionError, ValueError):
        return []
    services = document.get("services") if isinstance(document, dict) else None
    found = []
    for name, service in services.items() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        where = f"{file}:{_line(tree.text(file), str(name))}"
        build = service.get("build")
        build = {"context": build} if isinstance(build, str) else build if isinstance(build, dict) else {}
        # https://docs.docker.com/reference/compose-file/services/#command
        runs = command(service.get("command"), where, tree, has_shell=False)
        environment = service.get("environment") or ()
        names = [str(each).partition("=")[0] for each in environment] if isinstance(environment, (dict, list)) else []
        if not build and runs is None:
            continue
        build = {"context": ".", **build} if build else {}
        parts = {key: str(build[key]) if key in build else None for key in ("context", "dockerfile", "target")}
        tag = str(service["image"]) if "image" in service else None
        found.append(Service(str(name), where, tag, **parts, command=runs, variables=frozenset(names)))
    return found


def _line(text: str, name: str) -> int:
    found = re.search(rf"^[ \t]+[\"']?{re.escape(name)}[\"']?:", text, re.MULTILINE)
    return text.count("\n", 0, found.start() + 1) + 1 if found else 1
