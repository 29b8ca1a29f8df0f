"""The image that runs, for plans that are not told which one to deploy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cli import environment as environments
from cli.ecs.service import Services
from cli.plan import offline
from cli.tree import Unit
from stacks.config import ENVIRONMENTS

IMAGE_TAG = "image_tag"


def image_tags(units: Sequence[Unit], given: Mapping[str, str]) -> dict[str, str]:
    """The tag or digest that runs, by environment; empty where no service runs.

    Only of environments of stacks/config whose units want a tag that `given`, the environment of a process, lacks.
    Raises the errors of boto3.
    """
    wanting = {unit.environment for unit in units if IMAGE_TAG in offline.placeholders(unit, given)}
    return {name: _tag(name) for name in ENVIRONMENTS if name in wanting}


def _tag(name: str) -> str:
    environment = environments.load(name)
    ecs = environments.session_of(environment).client("ecs")
    found = Services(ecs, environment.prefix).describe(environments.services_of(environment)[:1])
    return found[0].tag if found else ""
