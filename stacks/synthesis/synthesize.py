"""Composes environments and writes them as Terraform JSON, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from cdktf import App

from modules.validation import line
from stacks import imports as existing
from stacks.config.loader import WrongEnvironment
from stacks.config.schema import Environment
from stacks.imports import Imports
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
    *,
    imports: Imports | None = None,
    names: Collection[str] = (),
) -> list[UnitSummary]:
    """Write the units that `compose` makes of environments, given by their files, in place of the old output.

    `imports` is what they take over, and may be of others of `names`. Raises CannotCompose, and WrongEnvironment for
    overrides and imports that match nothing.
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
        wrong += existing.unknown(imports or {}, names)
        for file, environment in environments.items():
            ids = {unit.NAME: unit.node.id for unit in composed[file]}
            wrong += existing.apply(environment.name, ids, (imports or {}).get(environment.name, {}), directory)
        if wrong:
            raise WrongEnvironment("\n".join(wrong))
        return summarize(directory, units)
