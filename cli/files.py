"""Reads files, and puts several in place: all of them or none."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from stacks.config import loader
from stacks.failure import Failure

_STAGED = ".new"


def read(file: Path) -> str:
    """The text of a file. Raises Failure where it cannot be read, or is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Failure(f"{loader.shown(file)}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise Failure(f"{loader.shown(file)}: {what}: make it readable, or remove it") from error


def put(directory: Path, files: Mapping[str, str | None]) -> None:
    """Write these texts by the names of their files; None removes one. Raises Failure, and then nothing is changed."""
    for file in (directory / name for name in files):
        if file.exists() and not os.access(file, os.W_OK):  # replacing it asks for no right to the file
            raise Failure(f"{loader.shown(file)}: cannot be written (it is read-only): nothing was changed")
    try:
        _put(directory, files)
    except OSError as error:
        file = Path(error.filename2 or error.filename or directory)
        where = loader.shown(directory if file.suffix == _STAGED else file)
        raise Failure(f"{where}: cannot be written ({error.strerror}): nothing was changed") from error


def _put(directory: Path, files: Mapping[str, str | None]) -> None:
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
    descriptor, name = tempfile.mkstemp(dir=directory, prefix=".", suffix=_STAGED)
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
