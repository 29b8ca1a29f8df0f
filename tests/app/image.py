"""The image's steps without Docker: the instructions of the Dockerfile itself, with its paths below another root."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from conftest import APP

PROJECT = APP.parent
DOCKERFILE = APP / "Dockerfile"
_PATHS = re.compile(r"(?<![\w./])/(opt/venv|srv/app|build)\b")


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage, as pairs of name and arguments."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", "")
    found: list[list[tuple[str, str]]] = []
    for line in filter(str.strip, text.splitlines()):
        name, arguments = line.split(None, 1)
        if name == "FROM":
            found.append([])
        found[-1].append((name, re.sub(r"\s+", " ", arguments)))
    return found


def arguments(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [arguments for instruction, arguments in stage if instruction == name]


def command(stage: list[tuple[str, str]], name: str) -> list[str]:
    """The array behind CMD: without a shell. HEALTHCHECK has options, and then a CMD of its own."""
    (found,) = arguments(stage, name)
    return json.loads(found[found.index("[") :])


def variables(stage: list[tuple[str, str]]) -> dict[str, str]:
    return dict(pair.split("=", 1) for line in arguments(stage, "ENV") for pair in line.split())


def below(root: Path, text: str) -> str:
    return _PATHS.sub(rf"{root}/\1", text)


def context() -> list[Path]:
    """The files that `docker build` may see. https://docs.docker.com/build/concepts/context/#dockerignore-files"""
    rules = []
    for line in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(pattern + "(?:/.*)?"), line.startswith("!")))
    seen = []
    candidates = [path for path in (*PROJECT.glob("*"), *APP.rglob("*")) if path.is_file()]
    for path in candidates:
        verdicts = [keep for pattern, keep in rules if pattern.fullmatch(path.relative_to(PROJECT).as_posix())]
        if not verdicts or verdicts[-1]:  # the last rule that matches decides
            seen.append(path.relative_to(PROJECT))
    return sorted(seen)


def copy(root: Path, what: str, to: Path) -> None:
    """COPY of a file or a directory of the context."""
    for path in context():
        if path.is_relative_to(what):
            target = to / (path.relative_to(what) if (PROJECT / what).is_dir() else path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / path, target)


def build(root: Path, *, python: Path) -> None:
    """Everything that the stage `build` does, with `python` for the Python of its image."""
    stage = stages()[0]
    environment = {**os.environ, **variables(stage), "PATH": f"{python}:{os.environ['PATH']}"}
    # Set for this machine's packages, they would lead the tools to these.
    for name in ("DJANGO_SETTINGS_MODULE", "PYTHONPATH", "PIPENV_PIPFILE", "VIRTUAL_ENV"):
        environment.pop(name, None)
    here = root
    for name, text in stage:
        if name == "WORKDIR":
            here = Path(below(root, text))
            here.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            *sources, target = text.split()
            for source in sources:
                copy(root, source, here / below(root, target))
        elif name == "RUN":
            run(below(root, text), here, environment)


def run(shell: str, here: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(["/bin/sh", "-c", shell], cwd=here, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{shell}\n{done.stdout}\n{done.stderr}"
