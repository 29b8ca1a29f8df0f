"""The units of an environment as a graph: their resources, their outputs, and which outputs flow where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.review.graph.words import Count, counts
from cli.terraform.tree import Unit


@dataclass(frozen=True, kw_only=True)
class Node:
    """A unit."""

    name: str
    """Without the environment, such as `postgresql`."""
    resources: tuple[Count, ...]
    """Counted by what people call them."""
    types: frozenset[str]
    outputs: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many resources it has."""
        return sum(count.number for count in self.resources)


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A dependency, by the names of its units."""

    source: str
    target: str
    outputs: tuple[str, ...]
    """What the target reads of the source."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """An environment."""

    name: str
    nodes: tuple[Node, ...]
    """Dependencies first."""
    edges: tuple[Edge, ...]

    @property
    def summary(self) -> str:
        """How much there is."""
        return f"{len(self.nodes)} units, {sum(node.total for node in self.nodes)} resources"

    def read(self, node: Node) -> frozenset[str]:
        """The outputs of a unit that others read."""
        return frozenset(output for edge in self.edges if edge.source == node.name for output in edge.outputs)


def graph(environment: str, units: Sequence[Unit]) -> Graph:
    """The graph of an environment, from its synthesized units in the order of their dependencies."""
    roles = {unit.name: unit.role for unit in units}
    nodes: list[Node] = []
    edges: list[Edge] = []
    for unit in units:
        resources = unit.configuration.get("resource", {})
        nodes.append(
            Node(
                name=unit.role,
                resources=counts({kind: len(named) for kind, named in resources.items()}),
                types=frozenset(resources),
                outputs=tuple(sorted(unit.configuration.get("output", {}))),
            )
        )
        edges += _edges_into(unit, units, roles)
    return Graph(name=environment, nodes=tuple(nodes), edges=tuple(edges))


def _edges_into(unit: Unit, units: Sequence[Unit], roles: Mapping[str, str]) -> Iterator[Edge]:
    read = {
        upstream.name: unit.reads(state) for state in unit.remote_states if (upstream := unit.upstream(state, units))
    }
    for name in sorted({*unit.dependencies, *read}):
        yield Edge(source=roles[name], target=unit.role, outputs=tuple(sorted(read.get(name, ()))))
