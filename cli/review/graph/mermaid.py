"""The graph as Mermaid: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cli.review.graph import Graph, Node

_MARKER = re.compile(r"<!-- make graph ENV=(\S+) -->")


def mermaid(graph: Graph) -> str:
    """The text of a .mmd file."""
    return "\n".join(_lines(graph)) + "\n"


def with_outline(text: str, graph: Graph) -> str:
    """A Markdown text, in which the outline between the markers of this environment is as it should be."""
    start, end = f"<!-- make graph ENV={graph.name} -->\n", "<!-- end -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    return f"{before}{found}{_outline(graph)}{closed}{after}" if closed else text


def with_outline_of(text: str, names: Sequence[str]) -> str:
    """A Markdown text, in which the outline of an environment that is not among these becomes one of the last."""
    found = _MARKER.search(text)
    if not found or found[1] in names:
        return text
    text = text.replace(f"docs/graph/{found[1]}.svg", f"docs/graph/{names[-1]}.svg")
    return text.replace(found[0], f"<!-- make graph ENV={names[-1]} -->")


def _outline(graph: Graph) -> str:
    """Units and dependencies alone."""
    nodes = (f'    {node.name}["{node.name}<br/>{node.total} resources"]' for node in graph.nodes)
    edges = (f"    {edge.source} --> {edge.target}" for edge in graph.edges)
    return "\n".join(["```mermaid", "flowchart LR", *nodes, *edges, "```"]) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield f"%% {graph.name}: {graph.summary}. Drawn by `make graph ENV={graph.name}`."
    yield "flowchart TB"
    for node in graph.nodes:
        yield f'    {node.name}["{"<br/>".join(_text(node))}"]'
    for edge in graph.edges:
        label = f'|"{"<br/>".join(edge.outputs)}"|' if edge.outputs else ""
        yield f"    {edge.source} -->{label} {edge.target}"


def _text(node: Node) -> Iterator[str]:
    yield f"<b>{node.name}</b>"
    yield from (f"{count.number} {count.word}" for count in node.resources)
    yield f"<i>{len(node.outputs)} outputs</i>"
