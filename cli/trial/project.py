"""A Django project on this machine: its directory, its Dockerfile and the Python that has its requirements."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cli.text import one_line
from cli.trial import dockerfile
from cli.trial.dockerfile import Image
from stacks.failure import Failure

# As the images of Python on Docker Hub have it.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENTS = (".venv", "venv", "env", ".env")


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project and what its image would have."""

    context: Path
    """What APP names: the directory of the project, from which its image is built."""
    directory: Path
    """What WORKDIR is in the image."""
    python: Path
    image: Image
    has_dockerfile: bool
    collects_static_files: bool
    """Whether the Dockerfile has `collectstatic`, without which nobody could look at the project's pages."""

    @property
    def variables(self) -> dict[str, str]:
        """Those of the image, with this machine's paths."""
        own = {name: self.here(value) for name, value in self.image.variables.items() if name != "PATH"}
        return {"LANG": "C.UTF-8", **own, "PATH": f"{self.python.parent}:{_PATH}"}

    @property
    def needed(self) -> tuple[Path, ...]:
        """The directories of this machine that a process must see."""
        return self.context, self.directory, *prefixes(self.python)

    def here(self, text: str) -> str:
        """A text with this project's directory in the place of WORKDIR, where that is more than `/`."""
        directory = self.image.directory
        if len(directory) < 2 or not (text == directory or f"{directory}/" in text or text.endswith(f":{directory}")):
            return text
        return ":".join(
            f"{self.directory}{part.removeprefix(directory)}"
            if part == directory or part.startswith(f"{directory}/")
            else part
            for part in text.split(":")
        )

    def program(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """A command with this machine's paths of what the Dockerfile copies, such as `/entrypoint`."""
        return tuple(self._copied(word) or self.here(word) for word in words)

    def _copied(self, word: str) -> str | None:
        if not word.startswith("/") or Path(word).exists():
            return None
        for source, target in self.image.copies:
            found = self.context / source
            if found.is_file() and word in (target, str(PurePosixPath(target, found.name))):
                return str(found)
        return None


def find(app: str, python: str | None, file: str | None, target: str | None = None) -> Project:
    """The project that APP names. Raises Failure, with a line for what is missing."""
    if not app:
        raise Failure("APP: is not given: name the directory of the project, as `make try APP=../shop`")
    context, described, text = _described(app, file)
    image = dockerfile.read(text, target)
    return Project(
        context=context,
        directory=_working_directory(context, image),
        python=_python(context, python),
        image=image,
        has_dockerfile=described.is_file(),
        collects_static_files="collectstatic" in re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE),
    )


def image_of(app: str, file: str | None, target: str | None = None) -> Image:
    """What the Dockerfile of a project says of its image. Raises Failure."""
    return dockerfile.read(_described(app, file)[2], target)


def _described(app: str, file: str | None) -> tuple[Path, Path, str]:
    """The directory of a project, its Dockerfile and what that says."""
    context = Path(app).expanduser().absolute()
    if not context.is_dir():
        raise Failure(f"APP: {app} is no directory: name that of the project")
    described = Path(file).expanduser().absolute() if file else context / "Dockerfile"
    if file and not described.is_file():
        raise Failure(f"--dockerfile: {file} is no file: name the Dockerfile of the project")
    return context, described, _read(described) if described.is_file() else ""


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file}: cannot be read ({one_line(str(error), 100)}): correct it") from error


def _working_directory(context: Path, image: Image) -> Path:
    """The directory of the context that is copied to WORKDIR; the context itself where that is not to be seen."""
    for source, target in image.copies:
        if PurePosixPath(target) == PurePosixPath(image.directory) and (context / source).is_dir():
            return (context / source).resolve()
    return context


def _python(context: Path, given: str | None) -> Path:
    if given:
        # A link to another Python is not followed: beside it is pyvenv.cfg.
        python = Path(given).expanduser().absolute()
        python = python / "bin" / "python" if python.is_dir() else python
        if not python.is_file():
            raise Failure(f"--python: {given} is no Python: name that of the project's virtual environment")
    else:
        pythons = [context / name / "bin" / "python" for name in _ENVIRONMENTS]
        found = next((each for each in pythons if each.is_file()), None)
        if found is None:
            remedy = "create it and install the requirements, or name another: ARGS='--python PATH'"
            raise Failure(f"{context}/.venv: there is no virtual environment: {remedy}")
        python = found
    done = subprocess.run([str(python), "-c", "import django"], capture_output=True, text=True, check=False)
    if done.returncode:
        what = "has no Django" if "ModuleNotFoundError" in done.stderr else "does not run"
        raise Failure(f"{python}: {what}: install the project's requirements there")
    return python


def prefixes(python: Path) -> list[Path]:
    """The directories of a Python and of the one that its virtual environment is made from."""
    program = "import sys; print(sys.prefix); print(sys.base_prefix)"
    said = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout
    found = [Path(line) for line in said.split("\n") if line]
    # The programs of a virtual environment name its Python by the path at which it was made.
    return [*dict.fromkeys([*found, *(path.resolve() for path in found)])]
