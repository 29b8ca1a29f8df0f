"""Composes environments and writes them as Terraform JSON, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cdktf import App

from modules.validation import line
from stacks.config.loader import WrongEnvironment
from stacks.config.schema import Environment
from stacks.synthesis import output as atomic
from stacks.synthesis import overrides
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
    """Write the units that `compose` makes of environments, given by their files, in place of the old output.

    Raises CannotCompose, and WrongEnvironment for overrides that match nothing.
    """
    composed: dict[str, list[Unit[Any]]] = {}
    with atomic.replaced(output) as directory:
        app = App(outdir=str(directory), context=_CONTEXT)
        for file, environment in environments.items():
            progress(f"Composing {environment.name}")
            try:
                composed[file] = compose(app, environment)
            except Exception as error:
                raise CannotCompose(file) from error
        units = [(environments[file].name, unit.NAME) for file, made in composed.items() for unit in made]
        progress(f"Writing {len(units)} units")
        app.synth()
        wrong = [
            f"{file}: {line(problem)}"
            for file, environment in environments.items()
            for problem in overrides.apply(environment, composed[file], directory)
        ]
        if wrong:
            raise WrongEnvironment("\n".join(wrong))
        return summarize(directory, units)
