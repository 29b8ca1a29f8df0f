"""Replaces the output of a synthesis as a whole: docs/adr/0003-atomic-synthesis.md."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import itertools
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

# What cdktf itself writes for a unit. All else there is Terraform's or the user's: .terraform, its lock file, a plan.
SYNTHESIZED = ("cdk.tf.json", "cdk.tf", "metadata.json", "assets")

# What `terraform init` writes again. Of a unit that goes nothing else is removed: it may be the only copy of a state.
INITIALIZED = (".terraform", ".terraform.lock.hcl")

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class NotAnOutput(Exception):
    """A directory that no synthesis wrote, and that is not replaced therefore."""


@contextlib.contextmanager
def replaced(output: Path) -> Iterator[Path]:
    """A new directory to write to. Where the block ends well it takes the place of `output`, else nothing changes.

    What Terraform and the user keep beside the JSON of a unit moves along. Of a unit that is not written again it stays
    where it was (see `left_behind`), without the JSON, so that nothing deploys the unit.
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
        raise NotAnOutput("is not a directory")
    if any(output.iterdir()) and not _is_output(output):
        raise NotAnOutput("holds files that no synthesis wrote")


def _is_output(directory: Path) -> bool:
    """Whether cdktf wrote the manifest of a directory, and every unit that is there of those that it lists."""
    try:
        manifest = _json(directory / "manifest.json")
        units: dict[str, dict[str, Any]] = manifest["stacks"]
        return (
            isinstance(manifest["version"], str)
            and bool(units)
            and all(
                unit["constructPath"] == name
                and unit["synthesizedStackPath"] in (f"stacks/{name}/cdk.tf.json", f"stacks/{name}/cdk.tf")
                and _is_synthesized(directory / unit["synthesizedStackPath"], name)
                for name, unit in units.items()
            )
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _is_synthesized(file: Path, unit: str) -> bool:
    if file.suffix == ".json" and file.exists():
        return bool(_json(file)["//"]["metadata"]["stackName"] == unit)
    return True  # HCL says nothing of itself; a unit whose directory the user removed is no obstacle


def _json(file: Path) -> Any:
    return json.loads(file.read_bytes())


def left_behind(output: Path) -> dict[Path, list[str]]:
    """The directories of units that the output does not hold any more, and the files that were kept there."""
    units = _json(output / "manifest.json")["stacks"]
    gone = [unit for unit in sorted((output / "stacks").glob("*")) if unit.is_dir() and unit.name not in units]
    return {unit: sorted(os.listdir(unit)) for unit in gone}


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
    # Of exactly these names: a backup that a user calls .cdktf.out.old-1 is no leftover.
    leftover = re.compile(rf"{re.escape(aside.name)}|\.{re.escape(output.name)}\.new-[0-9]+")
    for path in [path for path in output.parent.iterdir() if leftover.fullmatch(path.name)]:
        _discard(path, output)


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
    """Remove a directory after moving all that cdktf did not write to the output."""
    _move(old, output, but=("manifest.json", "stacks"))
    units = [path for path in (old / "stacks").glob("*") if path.is_dir()]
    _move(old / "stacks", output / "stacks", but=[unit.name for unit in units])
    for unit in units:
        new = output / "stacks" / unit.name
        _move(unit, new, but=SYNTHESIZED if new.is_dir() else (*SYNTHESIZED, *INITIALIZED))
    shutil.rmtree(old, ignore_errors=True)


def _move(old: Path, new: Path, *, but: Collection[str]) -> None:
    for entry in [entry for entry in old.glob("*") if entry.name not in but]:
        new.mkdir(parents=True, exist_ok=True)
        if not os.path.lexists(new / entry.name):
            shutil.move(entry, new / entry.name)  # also from another file system, where `stacks` is a link
        elif entry.name not in INITIALIZED:  # a killed run left it, and Terraform has written another one since then
            shutil.move(entry, _free(new / entry.name))


def _free(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.{number}") for number in itertools.count(1))
    return next(name for name in names if not os.path.lexists(name))
