"""Which units are planned, where not all are: those that are asked for, or whose JSON has changed since a commit."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.failure import Failure
from cli.terraform import synthesis, tree
from cli.terraform.tree import Unit
from cli.text import one_line
from stacks.config import loader


@dataclass(frozen=True, slots=True)
class Selection:
    """Units to plan, and why the others are left out."""

    units: tuple[Unit, ...]
    left_out: Mapping[str, str]
    """By the id of a unit, such as `not asked for`."""


def named(units: Sequence[Unit], names: Collection[str]) -> Selection:
    """Those of these ids, such as `prod-postgresql`, or of these names in all environments, such as `postgresql`.

    Raises Failure for a name that no unit has.
    """
    known = {name for unit in units for name in (unit.name, unit.role)}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), n=1)
            remedy = f"use {close[0]}" if close else f"use one of {', '.join(unit.name for unit in units)}"
            raise Failure(f"plan: there is no unit {name!r}: {remedy}")
    return _selection(units, {unit.name for unit in units if {unit.name, unit.role} & {*names}}, "not asked for")


def changed(units: Sequence[Unit], ref: str, commit: str, directory: Path, *, config: Path) -> Selection:
    """Those that are synthesized otherwise than at a commit, and all that depends on them.

    `ref` is what a person calls the commit. `directory` is empty, for what is synthesized of it; `config` is the
    directory of the environments. Raises Failure where it cannot be synthesized.
    """
    before = {unit.name: unit for unit in tree.read(_synthesized(ref, commit, directory, config))}
    found: set[str] = set()
    for unit in units:  # upstreams come first
        if unit.name not in before or _content(unit) != _content(before[unit.name]) or found & {*unit.dependencies}:
            found.add(unit.name)
    selection = _selection(units, found, f"as at {ref}")
    environments = {unit.environment for unit in units}
    # Also of environments that are gone as a whole, whose units are still deployed.
    others = {*loader.names(config)} - environments
    gone = [name for name, unit in before.items() if _is_outside(unit, others) and name not in _names(units)]
    return Selection(selection.units, {**selection.left_out, **dict.fromkeys(gone, f"only at {ref}")})


def commit_of(ref: str) -> str:
    """The hash of a commit. Raises Failure where there is none."""
    command = ["git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"]
    try:
        found = subprocess.run(command, cwd=synthesis.PROJECT, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Failure("plan: --since: git is not on PATH: install it") from error
    if "not a git repository" in found.stderr:
        raise Failure("plan: --since: this is not a git repository: plan without it, or in a clone")
    if found.returncode:
        remedy = "use a branch, a tag or a hash, and fetch it where the clone is shallow"
        raise Failure(f"plan: --since {ref}: is not a commit of this repository: {remedy}")
    return found.stdout.strip()


def _selection(units: Sequence[Unit], chosen: Collection[str], why: str) -> Selection:
    return Selection(
        tuple(unit for unit in units if unit.name in chosen),
        {unit.name: why for unit in units if unit.name not in chosen},
    )


def _names(units: Iterable[Unit]) -> set[str]:
    return {unit.name for unit in units}


def _is_outside(unit: Unit, environments: Collection[str]) -> bool:
    """Whether a unit is of none of these environments; one that an older program synthesized does not say so."""
    environment = unit.configuration.get("//", {}).get("environment")
    return environment is not None and environment not in environments


def _content(unit: Unit) -> dict[str, object]:
    """What is deployed of a unit: its configuration, and the files beside it."""
    assets = (unit.directory / "assets").rglob("*")
    files = {str(file.relative_to(unit.directory)): file.read_bytes() for file in assets if file.is_file()}
    return {"configuration": unit.configuration, **files}


def _synthesized(ref: str, commit: str, directory: Path, config: Path) -> Path:
    """The units of a commit, synthesized by its own code with this interpreter and these packages."""
    project = synthesis.PROJECT
    code, archive, output = directory / "code", directory / "code.zip", directory / "cdktf.out"
    subprocess.run(["git", "archive", f"--output={archive}", commit], cwd=project, check=True)
    with zipfile.ZipFile(archive) as files:
        files.extractall(code)
    # All environments, because the one that is planned may be new. Its own directory is not named: it may be older
    # than that option.
    given = [] if config == loader.DIRECTORY else ["--config", str(code / config.relative_to(project))]
    done = subprocess.run(
        [sys.executable, "main.py", "--output", str(output), *given],
        cwd=code,
        env={**os.environ, "TMPDIR": str(directory)},  # one that is interrupted leaves what jsii has unpacked
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"main.py ended with {done.returncode}"])[-1]
        remedy = "use a later commit, or plan without --since"
        raise Failure(f"plan: --since {ref}: cannot be synthesized: {one_line(said, 200)}: {remedy}")
    return output
