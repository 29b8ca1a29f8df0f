"""Keeps plans for an apply of exactly these: only those that an apply would make the same."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from cli.failure import Failure
from cli.review.planning.planned_unit import FILE, PlannedUnit
from cli.review.planning.planner import OVERRIDE


def prepare(directory: Path) -> None:
    """Make the directory, which must be empty or new: old plans beside new ones would be applied by mistake.

    Raises Failure where it cannot be used.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise Failure(f"{directory}: is not empty: name a new directory by --out")
        directory.chmod(0o700)
    except OSError as error:
        raise Failure(f"{directory}: {error.strerror}: name another directory by --out") from error


def keep(planned: Sequence[PlannedUnit], directory: Path) -> tuple[list[str], list[str]]:
    """Copy what `terraform apply` needs of each unit to a directory of its name, for this user alone.

    Returns the names of the units whose plans are kept, and a line for each that is refused.
    """
    kept, refused = [], []
    for unit in planned:
        if unit.plan is None:
            continue
        if unit.inexact:
            refused.append(f"{unit.name}: its plan is not kept: {unit.inexact}")
            continue
        target = directory / unit.name
        target.mkdir(mode=0o700)
        for name in ("cdk.tf.json", OVERRIDE, ".terraform.lock.hcl", FILE):
            if (unit.directory / name).exists():
                (target / name).touch(mode=0o600)
                shutil.copyfile(unit.directory / name, target / name)
        if (unit.directory / "assets").is_dir():
            shutil.copytree(unit.directory / "assets", target / "assets")
        kept.append(unit.name)
    return kept, refused
