"""The drawings in docs/graph and the README are those of the environments of stacks/config."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.review.graph import Graph, graph
from cli.review.graph.command import DIRECTORY, README
from cli.review.graph.mermaid import mermaid, with_outline
from cli.review.graph.svg import svg
from cli.terraform import tree
from stacks.config import loader

pytestmark = pytest.mark.own


@pytest.fixture(scope="module")
def graphs(own_tree: Path) -> dict[str, Graph]:
    """By environment."""
    units = tree.read(own_tree)
    return {name: graph(name, [unit for unit in units if unit.environment == name]) for name in loader.names()}


def test_they_are_current_and_there_is_none_too_many(graphs: dict[str, Graph]) -> None:
    drawn = {f"{name}.svg": svg(each) for name, each in graphs.items()}
    drawn |= {f"{name}.mmd": mermaid(each) for name, each in graphs.items()}
    kept = {file.name: file.read_text() for file in (*DIRECTORY.glob("*.svg"), *DIRECTORY.glob("*.mmd"))}
    stale = [name for name in {*drawn, *kept} if drawn.get(name) != kept.get(name)]
    assert stale == [], "run `make graph` and look at what has changed"


def test_the_outline_of_the_readme_is_current(graphs: dict[str, Graph]) -> None:
    text = README.read_text()
    for name in re.findall(r"<!-- make graph ENV=(\S+) -->", text):
        assert name in graphs, "run `make graph`"
        assert with_outline(text, graphs[name]) == text, "run `make graph`"
    for linked in re.findall(r"\((docs/graph/[^)]+)\)", text):
        assert (README.parent / linked).is_file(), f"the README has a link to {linked}, which is not there"
