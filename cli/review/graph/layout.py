"""Where everything stands: units in layers, each below what it depends on, and the labels between the layers.

An edge over more than one layer gets a lane of its own beside the units that it passes, and all that is read of one
unit is a label right above the unit that reads it: so nothing can lie over anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from cli.review.graph import Edge, Graph

GAP = 28
LANE = 10
CURVE = 52
ARROW = 24


@dataclass(frozen=True, slots=True)
class Size:
    """In pixels."""

    width: int
    height: int


@dataclass(slots=True)
class Box:
    """Something at its place."""

    x: float
    y: float
    width: int
    height: int

    @property
    def middle(self) -> float:
        """Its horizontal middle."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Its lower end."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Curve:
    """The way of an edge between two layers, which begins and ends straight down."""

    x: float
    y: float
    to_x: float
    to_y: float

    @property
    def middle(self) -> float:
        """Its vertical middle."""
        return (self.y + self.to_y) / 2


@dataclass(frozen=True, kw_only=True)
class Route:
    """An edge at its place: from its source, by curves with straight lines between them, to its label and target."""

    edge: Edge
    start: tuple[float, float]
    curves: Sequence[Curve]
    label: Box
    end: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A picture, without its look."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    """Units by name."""
    routes: Sequence[Route]


_Slot = str | tuple[Edge, int]
"""A unit, or the lane of an edge in a layer."""


def arrange(graph: Graph, cards: Mapping[str, Size], labels: Mapping[Edge, Size]) -> Layout:
    """Place units of these sizes, each at least as wide as the row of its labels, and the labels of their edges."""
    layers = _layers(graph)
    boxes: dict[_Slot, Box] = {}
    levels: list[float] = []  # where the highest label of each layer begins
    y = 0.0
    full = max(row(_width(slot, cards) for slot in layer) for layer in layers)
    for layer in layers:
        names = [slot for slot in layer if isinstance(slot, str)]
        highest = max((labels[edge].height for name in names for edge in _into(graph, name)), default=0)
        levels.append(y + CURVE)
        y += CURVE + highest + ARROW if highest else 0
        height = max(cards[name].height for name in names)
        x = (full - row(_width(slot, cards) for slot in layer)) / 2
        for slot in layer:
            width = _width(slot, cards)
            boxes[slot] = Box(x, y, width, cards[slot].height if isinstance(slot, str) else height)
            x += width + GAP
        y += height
    units = {slot: box for slot, box in boxes.items() if isinstance(slot, str)}
    return Layout(width=full, height=y, boxes=units, routes=_routes(graph, layers, boxes, labels, levels))


def _layers(graph: Graph) -> list[list[_Slot]]:
    """Units by their longest way from the top, with a lane in each layer that an edge passes, in few crossings."""
    rank: dict[str, int] = {}
    for node in graph.nodes:  # dependencies first
        rank[node.name] = max((rank[edge.source] + 1 for edge in _into(graph, node.name)), default=0)
    layers: list[list[_Slot]] = [[] for _ in range(max(rank.values()) + 1)]
    for name in sorted(rank, key=lambda name: -sum(edge.source == name for edge in graph.edges)):
        layers[rank[name]].append(name)  # what most depend on stands on the left
    above: dict[_Slot, list[_Slot]] = {}
    for edge in graph.edges:
        way: list[_Slot] = [edge.source]
        for number in range(rank[edge.source] + 1, rank[edge.target]):
            layers[number].append((edge, number))
            way.append((edge, number))
        way.append(edge.target)
        for upper, lower in pairwise(way):
            above.setdefault(lower, []).append(upper)
    return _uncrossed(layers, above)


def _uncrossed(layers: list[list[_Slot]], above: Mapping[_Slot, list[_Slot]]) -> list[list[_Slot]]:
    """Sort each layer by the middle of what it hangs on, lanes of the left to the left."""
    for upper, lower in pairwise(layers):
        place: dict[_Slot, float] = {slot: number / max(len(upper) - 1, 1) for number, slot in enumerate(upper)}

        def key(slot: _Slot, place: dict[_Slot, float] = place) -> tuple[float, bool]:
            middle = mean(place.get(each, 0.5) for each in above.get(slot, ())) if slot in above else 1.0
            # Of a lane and a unit that hang on the same, the lane goes outside.
            return middle, (not isinstance(slot, str)) != (middle < 0.5)

        lower.sort(key=key)
    return layers


def _routes(
    graph: Graph,
    layers: Sequence[Sequence[_Slot]],
    boxes: Mapping[_Slot, Box],
    labels: Mapping[Edge, Size],
    levels: Sequence[float],
) -> list[Route]:
    rank = {slot: number for number, layer in enumerate(layers) for slot in layer}
    lanes = {edge: _lanes(edge, boxes) for edge in graph.edges}
    placed: dict[Edge, Box] = {}
    for node in graph.nodes:
        box = boxes[node.name]
        into = sorted(_into(graph, node.name), key=lambda edge: (lanes[edge] or [boxes[edge.source]])[-1].middle)
        x = box.middle - row(labels[edge].width for edge in into) / 2
        for edge in into:
            size = labels[edge]
            placed[edge] = Box(x, box.y - ARROW - size.height, size.width, size.height)
            x += size.width + GAP
    starts = _starts(graph, boxes, lanes, placed)

    def curves(edge: Edge) -> Iterator[Curve]:
        x, first = starts[edge][0], rank[edge.source] + 1
        for number, to in enumerate([*lanes[edge], placed[edge]], start=first):
            yield Curve(x, levels[number] - CURVE, to.middle, levels[number])
            x = to.middle

    return [
        Route(
            edge=edge,
            start=starts[edge],
            curves=tuple(curves(edge)),
            label=placed[edge],
            end=(placed[edge].middle, boxes[edge.target].y),
        )
        for edge in graph.edges
    ]


def _lanes(edge: Edge, boxes: Mapping[_Slot, Box]) -> list[Box]:
    slots = sorted((slot for slot in boxes if not isinstance(slot, str) and slot[0] == edge), key=lambda slot: slot[1])
    return [boxes[slot] for slot in slots]


def _starts(
    graph: Graph, boxes: Mapping[_Slot, Box], lanes: Mapping[Edge, list[Box]], placed: Mapping[Edge, Box]
) -> dict[Edge, tuple[float, float]]:
    """Where edges leave their unit: side by side, in the order of where they go."""
    starts: dict[Edge, tuple[float, float]] = {}
    for node in graph.nodes:
        box = boxes[node.name]
        out = [edge for edge in graph.edges if edge.source == node.name]
        out.sort(key=lambda edge: (lanes[edge] or [placed[edge]])[0].middle)
        for number, edge in enumerate(out, start=1):
            starts[edge] = box.x + box.width * number / (len(out) + 1), box.bottom
    return starts


def _into(graph: Graph, name: str) -> list[Edge]:
    return [edge for edge in graph.edges if edge.target == name]


def _width(slot: _Slot, cards: Mapping[str, Size]) -> int:
    return cards[slot].width if isinstance(slot, str) else LANE


def row(widths: Iterable[int]) -> int:
    """The width of things side by side."""
    every = list(widths)
    return sum(every) + GAP * (len(every) - 1) if every else 0
