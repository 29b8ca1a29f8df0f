"""Puts files of `stacks/config` in place: valid ones only, and all of them or none."""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.configuration.source import LINE_LENGTH, span
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.failure import Failure

Files = Mapping[str, str | None]
"""The new texts of a directory's files by their names; None removes one."""


def listing(package: str, names: Sequence[str]) -> str:
    """The text of the package's `__init__.py` with these names in its ENVIRONMENTS."""
    quoted = [f'"{name}"' for name in names]
    line = f"({', '.join(quoted)}{',' if len(quoted) == 1 else ''})"
    if len(f"ENVIRONMENTS = {line}") > LINE_LENGTH:
        line = "(" + "".join(f"\n    {name}," for name in quoted) + "\n)"
    source = package.encode()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "ENVIRONMENTS":
            start, end = span(source, statement.value)
            return (source[:start] + line.encode() + source[end:]).decode()
    raise Failure('stacks/config/__init__.py: ENVIRONMENTS is not assigned there: write ENVIRONMENTS = ("dev",)')


def read(directory: Path, name: str, text: str) -> Environment:
    """The environment of a file that is not in place yet. Raises WrongEnvironment, which names the real file."""
    alone = f'ENVIRONMENTS = ("{name}",)\n'  # judged without those that it may replace
    with _copy(directory, {f"{name}.py": text, "__init__.py": alone}) as copy:
        (found,) = loader.load([name], copy).values()
        return found


def check(directory: Path, files: Files) -> None:
    """Load all environments of the directory as they would be. Raises WrongEnvironment, which names the real files."""
    with _copy(directory, files) as copy:
        loader.load(directory=copy)


@contextlib.contextmanager
def _copy(directory: Path, files: Files) -> Iterator[Path]:
    """The directory as it would be. Errors that are raised below name the real one."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / directory.name
        shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for name, text in files.items():
            if text is None:
                (copy / name).unlink()
            else:
                (copy / name).write_text(text, encoding="utf-8")
        try:
            yield copy
        except loader.WrongEnvironment as error:
            raise loader.WrongEnvironment(str(error).replace(str(copy), loader.shown(directory))) from error


def put(directory: Path, files: Files) -> None:
    """Write and remove these files. Where one cannot be, all are as before. Raises OSError."""
    before = {name: _content(directory / name) for name in files}
    with contextlib.ExitStack() as staged:
        new = {name: staged.enter_context(_staged(directory, text)) for name, text in files.items() if text is not None}
        try:
            for name in files:
                if name in new:
                    new[name].replace(directory / name)
                else:
                    (directory / name).unlink()
        except BaseException:
            for name, content in before.items():
                if content is None:
                    (directory / name).unlink(missing_ok=True)
                else:
                    (directory / name).write_bytes(content)
            raise


@contextlib.contextmanager
def _staged(directory: Path, text: str) -> Iterator[Path]:
    """A file beside those that it will replace."""
    descriptor, name = tempfile.mkstemp(dir=directory, prefix=".", suffix=".new")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        path.chmod(0o666 & ~_umask())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
