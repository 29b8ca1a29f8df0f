"""The graphs of the environments, from the JSON as synthesized."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.review.graph import Graph, graph
from cli.terraform import tree
from tests.environments import ENVIRONMENTS
from tests.support import Json


@pytest.fixture(scope="session")
def synthesized_tree(documents: dict[str, Json], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as cdktf leaves them in its output."""
    output = tmp_path_factory.mktemp("tree")
    write_tree(documents, output)
    return output


def write_tree(documents: Mapping[str, Json], output: Path) -> None:
    """Write units as cdktf does."""
    stacks = {}
    for name, document in documents.items():
        environment = document["//"]["environment"]
        upstreams = document.get("data", {}).get("terraform_remote_state", {})
        file = f"stacks/{name}/cdk.tf.json"
        (output / file).parent.mkdir(parents=True)
        (output / file).write_text(json.dumps(document))
        dependencies = [f"{environment}-{upstream.replace('_', '-')}" for upstream in upstreams]
        stacks[name] = {"synthesizedStackPath": file, "dependencies": dependencies}
    (output / "manifest.json").write_text(json.dumps({"stacks": stacks}))


@pytest.fixture(scope="session")
def graphs(synthesized_tree: Path) -> dict[str, Graph]:
    """By environment."""
    units = tree.read(synthesized_tree)
    return {name: graph(name, [unit for unit in units if unit.environment == name]) for name in ENVIRONMENTS}
