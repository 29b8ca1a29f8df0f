"""Composes environments and writes them as Terraform JSON, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cdktf import App

from stacks.config.schema import Environment
from stacks.synthesis import output as atomic
from stacks.synthesis.summary import UnitSummary, summarize
from stacks.unit import Unit

# CDK Terrain refuses write-only arguments unless all targets have them; cdktf ignores it.
_CONTEXT = {"targetVersions": {"terraform": ">=1.11.0", "opentofu": ">=1.11.0"}}


class CannotCompose(Exception):
    """An environment whose units cannot be composed, by its file. The cause says why."""


def synthesize(
    environments: Mapping[str, Environment],
    output: Path,
    progress: Callable[[str], None],
    compose: Callable[[App, Environment], list[Unit[Any]]],
) -> list[UnitSummary]:
    """Write the units that `compose` makes of environments, given by their files, in place of the old output."""
    units: list[tuple[str, str]] = []
    with atomic.replaced(output) as directory:
        app = App(outdir=str(directory), context=_CONTEXT)
        for file, environment in environments.items():
            progress(f"Composing {environment.name}")
            try:
                units += [(environment.name, unit.NAME) for unit in compose(app, environment)]
            except Exception as error:
                raise CannotCompose(file) from error
        progress(f"Writing {len(units)} units")
        app.synth()
        return summarize(directory, units)
