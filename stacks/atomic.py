"""Replaces the output of a synthesis as a whole: docs/adr/0003-atomic-synthesis.md."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# What cdktf itself writes for a unit. All else there is Terraform's or the user's: .terraform, its lock file, a plan.
SYNTHESIZED = ("cdk.tf.json", "cdk.tf", "metadata.json", "assets")

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class NotAnOutput(Exception):
    """A directory that no synthesis wrote, and that is not replaced therefore."""


@contextlib.contextmanager
def replaced(output: Path) -> Iterator[Path]:
    """A new directory to write to. Where the block ends well it takes the place of `output`, else nothing changes.

    What Terraform keeps beside the JSON of a unit moves along; units that are not written again disappear.
    """
    output = output.resolve()
    _refuse_foreign(output)
    with _locked(output.parent):
        _finish_killed_run(output)
        # A name of its own: the Node of a killed run may go on writing for a second.
        new = output.with_name(f".{output.name}.new-{os.getpid()}")
        new.mkdir()
        try:
            yield new
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        old = _swap(new, output)
        if old:
            _discard(old, output)


def _refuse_foreign(output: Path) -> None:
    if not output.exists():
        return
    if not output.is_dir():
        raise NotAnOutput("is no directory")
    with contextlib.suppress(OSError, ValueError):
        manifest = json.loads((output / "manifest.json").read_bytes())
        if isinstance(manifest, dict) and {"stacks", "version"} <= manifest.keys():
            return
    if any(output.iterdir()):
        raise NotAnOutput("holds files that no synthesis wrote")


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Wait for another synthesis beside this one. The kernel releases the lock of a killed process."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _finish_killed_run(output: Path) -> None:
    aside = _aside(output)
    if aside.exists() and not output.exists():
        aside.rename(output)
    leftovers = (aside.name, f".{output.name}.new-")
    for leftover in [path for path in output.parent.iterdir() if path.name.startswith(leftovers)]:
        _discard(leftover, output)


def _swap(new: Path, output: Path) -> Path | None:
    """Put the new output in place of the old one. Returns where the old one is now."""
    if not output.exists():
        new.rename(output)
        return None
    if _exchange(new, output):
        return new
    # A kill between the two leaves no output, and the next run puts the old one back.
    aside = _aside(output)
    output.rename(aside)
    new.rename(output)
    return aside


def _exchange(one: Path, other: Path) -> bool:
    """Swap two directories in one step of the kernel; False where it or the file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2  # Linux with glibc 2.28
    except AttributeError:
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return done == 0


def _aside(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")


def _discard(old: Path, output: Path) -> None:
    """Remove a directory after moving what cdktf did not write to the output, as far as its unit is still there."""
    _move_kept(old, output, ("manifest.json", "stacks"))
    for unit in output.glob("stacks/*"):
        _move_kept(old / "stacks" / unit.name, unit, SYNTHESIZED)
    shutil.rmtree(old, ignore_errors=True)


def _move_kept(old: Path, new: Path, written: tuple[str, ...]) -> None:
    if old.is_dir() and new.is_dir():
        for entry in old.iterdir():
            if entry.name not in written and not os.path.lexists(new / entry.name):
                entry.rename(new / entry.name)
