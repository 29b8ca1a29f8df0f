"""A directory for plans and states, which hold secrets: it lasts as long as its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_LOCK = ".in-use"


@contextlib.contextmanager
def private_directory(prefix: str) -> Iterator[Path]:
    """A new directory that this user alone may read, removed at the end.

    Those of this prefix whose processes were killed before they could remove them are removed too.
    """
    _remove_what_was_left(prefix)
    directory = Path(tempfile.mkdtemp(prefix=prefix))  # of mode 0700
    try:
        with _locked(directory):
            yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """The lock ends with the process, be it killed, and is seen by processes of other containers as well."""
    unnamed = directory / f"{_LOCK}.new"
    with unnamed.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unnamed.rename(directory / _LOCK)  # nobody finds it before it is locked
        yield


def _remove_what_was_left(prefix: str) -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_LOCK}"):
        with contextlib.suppress(OSError):  # it is in use, somebody else's, or gone
            if lock.stat().st_uid != os.getuid():
                continue
            with lock.open("w") as found:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent)
