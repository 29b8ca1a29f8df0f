"""Where things stand: nothing lies over anything else, whatever depends on whatever."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cli.review.graph import Edge, Graph, Node
from cli.review.graph.layout import ARROW, Box, Layout, Route, Size, arrange, row
from cli.review.graph.svg import svg


@st.composite
def _graphs(draw: st.DrawFn) -> Graph:
    """Up to seven units, each of which may depend on any before it."""
    names = [f"unit-{number}" for number in range(draw(st.integers(1, 7)))]
    pairs = list(combinations(names, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    outputs = st.lists(st.sampled_from(["arn", "a_rather_long_name_of_an_output", "id"]), unique=True)
    edges = [Edge(source=source, target=target, outputs=tuple(draw(outputs))) for source, target in chosen]
    nodes = [Node(name=name, resources=(), types=frozenset(), outputs=("arn",)) for name in names]
    return Graph(name="any", nodes=tuple(nodes), edges=tuple(edges))


@st.composite
def _layouts(draw: st.DrawFn) -> Layout:
    graph = draw(_graphs())
    labels = {edge: Size(draw(st.integers(2, 300)), draw(st.integers(2, 120))) for edge in graph.edges}
    cards = {
        node.name: Size(
            max(
                draw(st.integers(100, 500)), row(labels[edge].width for edge in graph.edges if edge.target == node.name)
            ),
            draw(st.integers(50, 400)),
        )
        for node in graph.nodes
    }
    return arrange(graph, cards, labels)


@given(_layouts())
def test_no_unit_and_no_label_lies_over_another(layout: Layout) -> None:
    boxes = [*layout.boxes.values(), *(route.label for route in layout.routes)]
    for one, other in combinations(boxes, 2):
        assert not _overlap(one, other), (one, other)


@given(_layouts())
def test_everything_is_inside_of_the_picture(layout: Layout) -> None:
    for box in (*layout.boxes.values(), *(route.label for route in layout.routes)):
        assert box.x >= 0
        assert box.x + box.width <= layout.width
        assert box.y >= 0
        assert box.bottom <= layout.height


@given(_layouts())
def test_no_line_runs_over_a_unit_or_a_foreign_label(layout: Layout) -> None:
    for route in layout.routes:
        foreign = [*layout.boxes.values(), *(other.label for other in layout.routes if other is not route)]
        for x, y in _points(route):
            assert not any(box.x < x < box.x + box.width and box.y < y < box.bottom for box in foreign)


@given(_layouts())
def test_an_arrow_leaves_its_source_and_ends_at_its_target_below(layout: Layout) -> None:
    for route in layout.routes:
        source, target = layout.boxes[route.edge.source], layout.boxes[route.edge.target]
        (x, y), (end_x, end_y) = route.start, route.end
        assert source.x < x < source.x + source.width
        assert y == source.bottom
        assert target.x < end_x < target.x + target.width
        assert end_y == target.y == route.label.bottom + ARROW
        assert source.bottom < target.y


@given(_graphs())
def test_a_drawing_is_always_the_same(graph: Graph) -> None:
    assert svg(graph) == svg(graph)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width and other.x < one.x + one.width and one.y < other.bottom and other.y < one.bottom
    )


def _points(route: Route) -> Iterator[tuple[float, float]]:
    """Points of the line from the source to the label, close enough to each other to hit what is in the way."""
    x, y = route.start
    for curve in route.curves:
        yield from ((x, y + (curve.y - y) * step / 20) for step in range(21))
        for step in range(21):
            t = step / 20
            weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
            yield (
                (weights[0] + weights[1]) * curve.x + (weights[2] + weights[3]) * curve.to_x,
                weights[0] * curve.y + (weights[1] + weights[2]) * curve.middle + weights[3] * curve.to_y,
            )
        x, y = curve.to_x, curve.to_y
    yield from ((x, y + (route.label.y - y) * step / 20) for step in range(21))
