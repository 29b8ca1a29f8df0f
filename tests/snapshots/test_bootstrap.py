"""The JSON of the bootstrap unit of prod in tests/environments, with GitHub's roles, whose policies people read."""

from __future__ import annotations

import json

import pytest

from tests.environments import DIRECTORY
from tests.snapshots import accepted
from tests.stacks.permissions.policies import bootstrap, environment
from tests.support import Json

SNAPSHOT = DIRECTORY / "prod-bootstrap.json"


def test_the_json_is_what_was_reviewed(request: pytest.FixtureRequest) -> None:
    synthesized = json.dumps(readable(bootstrap(environment())), indent=2, sort_keys=True) + "\n"
    if accepted.is_asked_for(request.config):
        accepted.accept(request.config, SNAPSHOT, synthesized)
    assert SNAPSHOT.is_file(), "prod-bootstrap.json is missing: run `make snapshots` and review what it wrote"
    assert synthesized == SNAPSHOT.read_text(), "review the difference, then accept it by `make snapshots`"


def readable(document: Json) -> Json:
    """Policies as what they say."""
    for resources in document["resource"].values():
        for resource in resources.values():
            for name in {"policy", "assume_role_policy"} & resource.keys():
                resource[name] = json.loads(resource[name])
    return document
