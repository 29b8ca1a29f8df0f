"""The graph as a picture, for a light and for a dark page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil

from cli.review.graph import Edge, Graph, Node
from cli.review.graph.layout import Box, Curve, Layout, Route, Size, arrange, row

MARGIN = 32
TITLE = 52
PADDING = 16
HEADER = 44
LINE = 21
SMALL_LINE = 17
# Widths of a character at the sizes below: the fonts of readers differ, so these are rather too wide.
CHARACTER = 7.3
SMALL_CHARACTER = 6.8

# The color of a unit, by what it is there for.
ACCENTS = (
    ("aws_vpc", "network"),
    ("aws_db_instance", "data"),
    ("aws_elasticache_replication_group", "data"),
    ("aws_acm_certificate", "certificate"),
    ("aws_ecs_service", "service"),
    ("aws_route53_record", "dns"),
    ("cloudflare_dns_record", "dns"),
)

LIGHT = {
    "page": "#ffffff",
    "card": "#f6f8fa",
    "border": "#d1d9e0",
    "text": "#1f2328",
    "faint": "#59636e",
    "network": "#8250df",
    "data": "#0969da",
    "certificate": "#1a7f37",
    "service": "#bc4c00",
    "dns": "#bf3989",
    "other": "#59636e",
}
DARK = {
    "page": "#0d1117",
    "card": "#161b22",
    "border": "#3d444d",
    "text": "#f0f6fc",
    "faint": "#9198a1",
    "network": "#ab7df8",
    "data": "#58a6ff",
    "certificate": "#3fb950",
    "service": "#f0883e",
    "dns": "#f778ba",
    "other": "#9198a1",
}


STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
  .title { font-size: 20px; font-weight: 600; }
  .name { font-size: 15px; font-weight: 600; }
  .number { font-variant-numeric: tabular-nums; font-weight: 600; text-anchor: end; }
  .right { text-anchor: end; }
  .output { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
"""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A unit with the places of its texts."""

    node: Node
    width: int
    columns: int
    """Of its resources."""
    output_columns: int

    @property
    def rows(self) -> int:
        """Of its resources."""
        return ceil(len(self.node.resources) / self.columns)

    @property
    def output_rows(self) -> int:
        """Of the names of its outputs."""
        return ceil(len(self.node.outputs) / self.output_columns)

    @property
    def rule(self) -> int:
        """The height at which its outputs begin."""
        return HEADER + 8 + self.rows * LINE + 6

    @property
    def size(self) -> Size:
        """All of it."""
        outputs = 10 + self.output_rows * SMALL_LINE + 8 if self.node.outputs else 0
        return Size(self.width, self.rule + outputs)


def svg(graph: Graph) -> str:
    """The text of a .svg file."""
    labels = {edge: _label_size(edge) for edge in graph.edges}
    cards = {node.name: _card(node, graph, labels) for node in graph.nodes}
    layout = arrange(graph, {name: card.size for name, card in cards.items()}, labels)
    return "\n".join(_lines(graph, cards, layout)) + "\n"


def _card(node: Node, graph: Graph, labels: dict[Edge, Size]) -> Card:
    column = _resource_width(node)
    columns = 1 + (len(node.resources) - 1) // 5
    into = row(labels[edge].width for edge in graph.edges if edge.target == node.name)
    header = ceil((len(node.name) + 16) * CHARACTER * 1.1)  # with the number of its resources
    output = _output_width(node)
    contents = max(columns * column, header, min(len(node.outputs), 2) * output)
    width = max(2 * PADDING + contents, into)
    inner = width - 2 * PADDING
    return Card(
        node=node,
        width=width,
        columns=max(1, min(inner // column, len(node.resources))),
        output_columns=max(1, inner // output),
    )


def _resource_width(node: Node) -> int:
    return 40 + ceil(max((len(count.word) for count in node.resources), default=0) * CHARACTER)


def _output_width(node: Node) -> int:
    return 14 + ceil(max(map(len, node.outputs), default=0) * SMALL_CHARACTER)


def _label_size(edge: Edge) -> Size:
    width = ceil(max(map(len, edge.outputs), default=0) * SMALL_CHARACTER)
    return Size(width + 20, len(edge.outputs) * SMALL_LINE + 10) if edge.outputs else Size(2, 2)


def _accent(node: Node) -> str:
    return next((accent for kind, accent in ACCENTS if kind in node.types), "other")


def _paint(**colors: str) -> str:
    """The colors of a shape by `fill` and `stroke`, as plain ones for viewers that know no variables of CSS."""
    plain = " ".join(f'{name}="{LIGHT[color]}"' for name, color in colors.items())
    return f'{plain} style="{"; ".join(f"{name}: var(--{color})" for name, color in colors.items())}"'


def _themes() -> str:
    light, dark = (" ".join(f"--{name}: {color};" for name, color in theme.items()) for theme in (LIGHT, DARK))
    return f"\n  svg {{ {light} }}\n  @media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}"


def _lines(graph: Graph, cards: dict[str, Card], layout: Layout) -> Iterator[str]:
    width, height = ceil(layout.width) + 2 * MARGIN, ceil(layout.height) + 2 * MARGIN + TITLE
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="title description" {_paint(fill="text")}>'
    )
    yield f'<title id="title">The units of {escape(graph.name)}</title>'
    yield f'<desc id="description">{escape(_description(graph))}</desc>'
    yield f"<style>{_themes()}{STYLE}</style>"
    yield f'<rect {_paint(fill="page")} width="{width}" height="{height}" rx="12"/>'
    yield f'<text class="title" x="{MARGIN}" y="{MARGIN + 18}">{escape(graph.name)}</text>'
    summary = f"{graph.summary}. Arrows carry outputs; those that no unit reads are faint."
    yield f'<text class="right" {_paint(fill="faint")} x="{width - MARGIN}" y="{MARGIN + 18}">{escape(summary)}</text>'
    yield f'<g transform="translate({MARGIN} {MARGIN + TITLE})">'
    accents = {node.name: _accent(node) for node in graph.nodes}
    for route in layout.routes:
        yield from _edge(route, accents[route.edge.source])
    for node in graph.nodes:
        yield from _unit(cards[node.name], layout.boxes[node.name], accents[node.name], graph.read(node))
    yield "</g>"
    yield "</svg>"


def _description(graph: Graph) -> str:
    reads = [f"{edge.target} reads {', '.join(edge.outputs) or 'nothing'} of {edge.source}" for edge in graph.edges]
    return f"{graph.summary}. {'; '.join(reads)}."


def _edge(route: Route, accent: str) -> Iterator[str]:
    """Curves between the layers, straight lines beside units and labels, and an arrow at the end."""
    label, (x, y) = route.label, route.start
    path = "".join([f"M{x:g} {y:g}", *map(_path, route.curves), f"V{label.y:g}"])
    end_x, end_y = route.end
    edge = f'fill="none" stroke-width="1.75" {_paint(stroke=accent)}'
    yield f'<path {edge} d="{path}"/>'
    yield f'<path {edge} d="M{end_x:g} {label.bottom:g}V{end_y - 7:g}"/>'
    yield f'<path {_paint(fill=accent)} d="M{end_x - 5:g} {end_y - 9:g}h10l-5 8z"/>'
    if route.edge.outputs:
        yield (
            f'<rect stroke-width="1.25" {_paint(fill="page", stroke=accent)} x="{label.x:g}" y="{label.y:g}" '
            f'width="{label.width}" height="{label.height}" rx="6"/>'
        )
    for number, output in enumerate(route.edge.outputs):
        y = label.y + 17 + number * SMALL_LINE
        yield f'<text class="output" x="{label.x + 10:g}" y="{y:g}">{escape(output)}</text>'


def _path(curve: Curve) -> str:
    middle = f"{curve.middle:g}"
    return f"V{curve.y:g}C{curve.x:g} {middle} {curve.to_x:g} {middle} {curve.to_x:g} {curve.to_y:g}"


def _unit(card: Card, box: Box, accent: str, read: frozenset[str]) -> Iterator[str]:
    node = card.node
    inner = card.width - 2 * PADDING
    yield f'<g transform="translate({box.x:g} {box.y:g})">'
    # A band of the color, of which the card leaves the upper edge.
    yield f'<rect {_paint(fill=accent)} width="{card.width}" height="20" rx="8"/>'
    box_paint = _paint(fill="card", stroke="border")
    yield f'<rect {box_paint} y="4" width="{card.width}" height="{card.size.height - 4}" rx="7"/>'
    yield f'<text class="name" x="{PADDING}" y="29">{escape(node.name)}</text>'
    total = f"{node.total} resource{'' if node.total == 1 else 's'}"
    yield f'<text class="right" {_paint(fill="faint")} x="{card.width - PADDING}" y="29">{total}</text>'
    column = inner / card.columns
    for number, count in enumerate(node.resources):
        x, y = PADDING + number // card.rows * column, HEADER + 20 + number % card.rows * LINE
        yield f'<text class="number" x="{x + 18:g}" y="{y}">{count.number}</text>'
        yield f'<text x="{x + 26:g}" y="{y}">{escape(count.word)}</text>'
    if node.outputs:
        yield f'<path {_paint(stroke="border")} d="M{PADDING} {card.rule}h{inner}"/>'
    column = inner / card.output_columns
    for number, output in enumerate(node.outputs):
        x, y = PADDING + number // card.output_rows * column, card.rule + 22 + number % card.output_rows * SMALL_LINE
        paint = _paint(fill="text" if output in read else "faint")
        yield f'<text class="output" {paint} x="{x:g}" y="{y}">{escape(output)}</text>'
    yield "</g>"
