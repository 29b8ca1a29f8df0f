"""Reads the environments. Each problem of theirs becomes one line: `where: what is wrong: what to do`."""

from __future__ import annotations

import contextlib
import difflib
import io
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from modules.validation import InvalidInput, line, problems, show
from stacks.config.application_inputs import PACKAGE
from stacks.config.conflicts import conflicts
from stacks.config.schema import Environment
from stacks.failure import Failure

DIRECTORY = Path(__file__).parent

_PROJECT = DIRECTORY.parents[1]


class WrongEnvironment(Failure):
    """Environments that cannot be used. Its text has a line for each problem, which begins with the file."""


def names(directory: Path = DIRECTORY) -> tuple[str, ...]:
    """The names of all environments of a directory, in the order in which they are deployed. Raises WrongEnvironment.

    Its `__init__.py` is executed and assigns `ENVIRONMENTS = ("dev", "prod")`.
    """
    path = directory / "__init__.py"
    file = shown(path)
    found = _execute(path, file).get("ENVIRONMENTS")
    if not isinstance(found, (tuple, list)) or not found or not all(isinstance(name, str) for name in found):
        what = "there is no ENVIRONMENTS" if found is None else "ENVIRONMENTS is not a tuple of names"
        raise WrongEnvironment(f'{file}: {what}: write ENVIRONMENTS = ("dev",)')
    for name in found:
        if found.count(name) > 1:
            raise WrongEnvironment(f"{file}: ENVIRONMENTS: {name!r} is listed twice: list it once")
    return tuple(found)


def choose(asked: Iterable[str], directory: Path = DIRECTORY) -> list[str]:
    """The environments of a directory that are asked for, in the order of deployment; all where none is asked for.

    Raises WrongEnvironment for names that the directory does not have.
    """
    known, asked = names(directory), tuple(asked)
    unknown = [name for name in dict.fromkeys(asked) if name not in known]
    if unknown:
        raise WrongEnvironment("\n".join(_unknown(name, known) for name in unknown))
    return [name for name in known if not asked or name in asked]


def _unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"use {close[0]}" if close else f"use one of {', '.join(known)}"
    return f"{show(name)}: there is no environment of this name: {remedy}"


def load(chosen: Iterable[str] | None = None, directory: Path = DIRECTORY) -> dict[str, Environment]:
    """The environments of these names by their files, each valid by itself and beside all others of the directory.

    All of the directory are loaded unless some are chosen. Each is a file `<name>.py`, which is executed and assigns
    `ENVIRONMENT = Environment(...)`. Raises WrongEnvironment. A file that was not chosen and cannot be loaded is passed
    over: whoever edits staging must not keep prod from being deployed. What the files share is in others of the
    directory, such as `common.py`, from which they import by `from .common import …`.
    """
    asked = names(directory) if chosen is None else tuple(chosen)
    others: tuple[str, ...] = ()
    with contextlib.suppress(WrongEnvironment), contextlib.redirect_stdout(io.StringIO()):
        others = names(directory)
    files = {name: shown(directory / f"{name}.py") for name in dict.fromkeys((*others, *asked))}
    found: dict[str, Environment] = {}
    wrong: dict[str, list[str]] = {}
    for name, file in files.items():
        quiet = contextlib.nullcontext() if name in asked else contextlib.redirect_stdout(io.StringIO())
        try:
            with quiet:
                found[file] = _read(directory / f"{name}.py", file)
            wrong[file] = _problems(found[file], name, file)
        except WrongEnvironment as error:
            wrong[file] = [str(error)]
    chosen_files = [files[name] for name in asked]
    lines = [problem for name, file in files.items() if name in asked for problem in wrong[file]]
    broken = [file for file, problems in wrong.items() if problems]
    # Of a file that has the environment of another, its name says all that is wrong.
    compared = {
        file: found[file]
        for name, file in files.items()
        if file in found and (found[file].name == name or [*found.values()].count(found[file]) == 1)
    }
    known = files if others else None
    lines += [line(problem) for problem in conflicts(compared, asked=chosen_files, wrong=broken, names=known)]
    if lines:
        raise WrongEnvironment("\n".join(lines))
    return {file: found[file] for file in chosen_files}


def readable(directory: Path = DIRECTORY) -> dict[str, Environment]:
    """The environments of the directory by the names of their files, valid or not.

    Raises WrongEnvironment, with a line for each file that cannot be read.
    """
    found: dict[str, Environment] = {}
    wrong: list[str] = []
    for name in names(directory):
        file = directory / f"{name}.py"
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found[name] = _read(file, shown(file))
        except WrongEnvironment as error:
            wrong.append(str(error))
    if wrong:
        raise WrongEnvironment("\n".join(wrong))
    return found


def shown(path: Path) -> str:
    """A path as messages name it: from the root of this project, where it lies in there."""
    return path.relative_to(_PROJECT).as_posix() if path.is_relative_to(_PROJECT) else str(path)


def text_of(error: BaseException) -> str:
    """What an exception of any type says, with its type unless it is one of ours."""
    if isinstance(error, InvalidInput):
        return str(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    kind = type(error).__name__
    return f"{text} ({kind})" if text else kind


def _read(path: Path, file: str) -> Environment:
    environment = _execute(path, file).get("ENVIRONMENT")
    if not isinstance(environment, Environment):
        what = "there is no ENVIRONMENT" if environment is None else "ENVIRONMENT is no Environment"
        raise WrongEnvironment(f"{file}: {what}: write ENVIRONMENT = Environment(...)")
    return environment


def _problems(environment: Environment, name: str, file: str) -> list[str]:
    """What is wrong with an environment itself, a line each."""
    found = [f"{file}: {line(problem)}" for problem in problems(environment)]
    if environment.name != name and not any(each.startswith(f"{file}: name: ") for each in found):
        found.append(f"{file}: name: {environment.name!r} is not the name of the file: write name={name!r}")
    return found


def _execute(path: Path, file: str) -> dict[str, object]:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise WrongEnvironment(f"{file}: cannot be read: {error.strerror}: write the file") from error
    scope: dict[str, object] = {
        "__name__": f"stacks.config.{path.stem}",
        "__file__": str(path),
        "__package__": PACKAGE,
    }
    try:
        # stderr is for our one line: what the file writes there, and its warnings, go to stdout.
        with _package(path.parent), contextlib.redirect_stderr(sys.stdout):
            exec(compile(source, file, "exec", dont_inherit=True), scope)  # noqa: S102
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: no environment may end the program
        remedy = "" if isinstance(error, InvalidInput) else ": correct this line"
        text = " ".join(text_of(error).split()).replace(f"{PACKAGE}.", ".")
        raise WrongEnvironment(f"{_place(error, file, path.parent)}: {text}{remedy}") from error
    return scope


@contextlib.contextmanager
def _package(directory: Path) -> Iterator[None]:
    """The directory as a package, as long as one of its files is executed, so that it may import from the others."""
    package = ModuleType(PACKAGE)
    package.__path__ = [str(directory)]
    sys.modules[PACKAGE] = package
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def _place(error: BaseException, file: str, directory: Path) -> str:
    """The file, or the one that it imports from the same directory, with the line that an exception came from."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        places.append((error.filename, error.lineno))
    ours = [
        f"{name if name == file else shown(Path(name))}:{line}"
        for name, line in places
        if name == file or Path(name).parent == directory
    ]
    return ours[-1] if ours else file
