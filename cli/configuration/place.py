"""Judges files of `stacks/config` before they are in place."""

from __future__ import annotations

import ast
import contextlib
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
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if isinstance(value, ast.expr) and isinstance(targets[0], ast.Name) and targets[0].id == "ENVIRONMENTS":
            start, end = span(source, value)
            return (source[:start] + line.encode() + source[end:]).decode()
    raise Failure('stacks/config/__init__.py: ENVIRONMENTS is not assigned there: write ENVIRONMENTS = ("dev",)')


def read(directory: Path, name: str, text: str) -> Environment:
    """The environment of a file that is not in place yet. Raises WrongEnvironment, which names the real file."""
    # Without a list it is judged by itself: it may replace others, or be in the VPC of one that is not written yet.
    with _copy(directory, {f"{name}.py": text, "__init__.py": ""}) as copy:
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
        _copy_tree(directory, copy)
        for name, text in files.items():
            if text is None:
                (copy / name).unlink()
            else:
                (copy / name).write_text(text, encoding="utf-8")
        try:
            yield copy
        except loader.WrongEnvironment as error:
            raise loader.WrongEnvironment(str(error).replace(str(copy), loader.shown(directory))) from error


def _copy_tree(directory: Path, copy: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    try:
        shutil.copytree(directory, copy, ignore=ignored, ignore_dangling_symlinks=True, copy_function=shutil.copyfile)
        copy.chmod(0o700)  # the directory may be read-only
    except shutil.Error as error:
        ((source, _, why), *_) = error.args[0]
        what = f"cannot be read ({why})"
        raise Failure(f"{loader.shown(Path(source))}: {what}: make it readable, or remove it") from error
