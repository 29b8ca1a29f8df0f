"""The container definitions of a task, which are JSON in a text, often with `${...}` in it."""

from __future__ import annotations

import json

from cli.review.gate.resources import Resource
from cli.terraform.plan import Json


def containers(resource: Resource) -> list[tuple[str, Json]]:
    """Each container of a task definition by its name; none where the text cannot be read: see `readable`."""
    return [(str(each.get("name")), each) for each in _parse(resource) or ()]


def readable(resource: Resource) -> bool:
    """Whether the text is a list of container definitions."""
    return _parse(resource) is not None


def _parse(resource: Resource) -> list[Json] | None:
    try:
        found = json.loads(resource.get("container_definitions"))
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, list) and all(isinstance(each, dict) for each in found) else None
