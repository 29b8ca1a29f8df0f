"""What runs: the image, for plans that are not told which one to deploy, and whether anything does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.ecs.service import Services
from cli.review.planning import offline
from cli.terraform import environment as environments
from cli.terraform.paused import PauseRecord
from cli.terraform.tree import Unit
from stacks.config import loader

IMAGE_TAG = "image_tag"


def image_tags(units: Sequence[Unit], given: Mapping[str, str], directory: Path = loader.DIRECTORY) -> dict[str, str]:
    """The tag or digest that runs, by environment; empty where no service runs.

    Only of environments of `directory` whose units want a tag that `given`, the environment of a process, lacks.
    Raises loader.WrongEnvironment and the errors of boto3.
    """
    wanting = {unit.environment for unit in units if IMAGE_TAG in offline.placeholders(unit, given)}
    return {name: _tag(name, directory) for name in loader.names(directory) if name in wanting}


def paused(units: Sequence[Unit], directory: Path = loader.DIRECTORY) -> list[str]:
    """The environments of `directory` that are paused. Raises loader.WrongEnvironment and the errors of boto3."""
    names = {unit.environment for unit in units}
    return [
        name
        for name in loader.names(directory)
        if name in names and PauseRecord(environments.load(name, directory)).read()
    ]


def _tag(name: str, directory: Path) -> str:
    environment = environments.load(name, directory)
    ecs = environments.session_of(environment).client("ecs")
    found = Services(ecs, environment.cluster_name).describe(environments.services_of(environment)[:1])
    return found[0].tag if found else ""
