"""What is drawn: every unit, every resource and every output that flows; and the drawings that are kept."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cli.failure import Failure
from cli.review.graph import Edge, Graph, command
from cli.review.graph.command import forget, main, write
from cli.review.graph.mermaid import mermaid, with_outline
from cli.review.graph.svg import LIGHT, svg
from cli.review.graph.words import Count, counts
from tests.environments import DIRECTORY
from tests.support import Json

SVG = "{http://www.w3.org/2000/svg}"


def test_an_edge_carries_what_the_json_reads(graphs: dict[str, Graph]) -> None:
    edges = {(edge.source, edge.target): edge.outputs for edge in graphs["prod"].edges}
    assert edges["certificate", "django-service"] == ("certificate_arn",)
    assert edges["django-service", "cloudflare-dns"] == ("alb_dns_name",)
    assert edges["network", "postgresql"] == ("application_security_group_id", "database_subnet_ids", "vpc_id")
    assert len(edges) == 7


def test_no_resource_is_left_out_of_the_counts(graphs: dict[str, Graph], documents: dict[str, Json]) -> None:
    for environment, graph in graphs.items():
        for node in graph.nodes:
            resources = documents[f"{environment}-{node.name}"].get("resource", {})
            assert node.total == sum(len(named) for named in resources.values())


def test_every_type_has_a_word(documents: dict[str, Json]) -> None:
    types = {kind for document in documents.values() for kind in document.get("resource", ())}
    nameless = [kind for kind in types if counts({kind: 2})[0].word == kind.removeprefix("aws_").replace("_", " ")]
    assert nameless == []


@pytest.mark.parametrize("kind", ["aws_lb_listener_certificate", "aws_lb_listener_rule", "aws_route53_record"])
def test_so_has_every_type_that_only_other_kinds_of_dns_have(kind: str) -> None:
    assert counts({kind: 2})[0].word in ("DNS records", "settings and rules")


def test_so_have_the_types_that_jobs_bring() -> None:
    types = ("aws_scheduler_schedule", "aws_sqs_queue", "aws_scheduler_schedule_group", "aws_sqs_queue_policy")
    assert counts(dict.fromkeys(types, 1)) == (Count(1, "schedule"), Count(1, "queue"), Count(2, "settings and rules"))


def test_a_type_without_a_word_is_shown_by_its_own_name() -> None:
    assert counts({"aws_msk_cluster": 2, "aws_vpc": 1, "aws_route": 3}) == (
        Count(1, "VPC"),
        Count(2, "msk cluster"),
        Count(3, "settings and rules"),
    )


def test_the_svg_holds_every_name_and_is_described_for_who_cannot_see_it(graphs: dict[str, Graph]) -> None:
    for graph in graphs.values():
        root = ET.fromstring(svg(graph))
        texts = [element.text for element in root.iter(f"{SVG}text")]
        for node in graph.nodes:
            assert {node.name, *node.outputs, *(count.word for count in node.resources)} <= set(texts)
        for output in graph.edges[0].outputs:
            assert texts.count(output) > 1, "in its unit and on its arrow"
        title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
        assert title is not None
        assert description is not None
        assert root.get("role") == "img"
        assert title.text == f"The units of {graph.name}"
        assert "cloudflare-dns reads alb_dns_name of django-service" in (description.text or "")


def test_the_svg_has_colors_for_dark_pages(graphs: dict[str, Graph]) -> None:
    text = svg(graphs["prod"])
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    for variable in ("--page", "--card", "--border", "--text", "--faint", "--network", "--data", "--service"):
        assert f"{variable}: #" in light
        assert f"{variable}: #" in dark


def test_names_cannot_break_the_svg(graphs: dict[str, Graph]) -> None:
    prod = graphs["prod"]
    odd = Graph(name='<b>&"', nodes=prod.nodes, edges=prod.edges)
    assert ET.fromstring(svg(odd)).findtext(f"{SVG}title") == 'The units of <b>&"'


def test_mermaid_has_every_unit_and_every_edge(graphs: dict[str, Graph]) -> None:
    text = mermaid(graphs["prod"])
    assert text.count("-->") == 7
    assert '    certificate -->|"certificate_arn"| django-service\n' in text
    assert "<br/>3 NAT gateways<br/>" in text


def test_a_dependency_that_reads_nothing_is_an_arrow_too(graphs: dict[str, Graph]) -> None:
    prod = graphs["prod"]
    bare = Edge(source="certificate", target="redis", outputs=())
    more = Graph(name="prod", nodes=prod.nodes, edges=(*prod.edges, bare))
    assert "    certificate --> redis\n" in mermaid(more)
    assert svg(more).count('stroke-width="1.75"') == svg(prod).count('stroke-width="1.75"') + 2


def test_an_outline_is_renewed_between_its_markers_alone(graphs: dict[str, Graph]) -> None:
    text = "before\n<!-- make graph ENV=prod -->\nold\n<!-- end -->\nafter\n"
    new = with_outline(text, graphs["prod"])
    assert new.startswith("before\n<!-- make graph ENV=prod -->\n```mermaid\nflowchart LR\n")
    assert new.endswith("```\n<!-- end -->\nafter\n")
    assert "old" not in new
    assert with_outline(text, graphs["dev"]) == text


def test_the_command_draws_the_environments_that_are_asked_for(
    synthesized_tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pictures"
    assert main(["dev", "--tree", str(synthesized_tree), "--out", str(out)], directory=DIRECTORY) == 0
    assert sorted(file.name for file in out.iterdir()) == ["dev.mmd", "dev.svg"]
    assert capsys.readouterr().out.splitlines()[-1].startswith("dev: 6 units, ")


def test_drawings_elsewhere_leave_the_readme_alone(graphs: dict[str, Graph], tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- make graph ENV=prod -->\n<!-- end -->\n")
    assert readme not in list(write(graphs["prod"], tmp_path, readme))
    assert readme.read_text() == "<!-- make graph ENV=prod -->\n<!-- end -->\n"


def test_what_is_kept_of_an_environment_that_is_gone_goes_too(tmp_path: Path) -> None:
    for name in ("prd.svg", "prd.mmd", "prod.svg", "prod.mmd", "notes.md"):
        (tmp_path / name).touch()
    readme = tmp_path / "README.md"
    readme.write_text(
        "<!-- make graph ENV=prod -->\nold\n<!-- end -->\n[all](docs/graph/prod.svg), make plan ENV=prod\n"
    )
    assert [file.name for file in forget(["dev", "prd"], tmp_path, readme)] == ["prod.mmd", "prod.svg", "README.md"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["README.md", "notes.md", "prd.mmd", "prd.svg"]
    text = "<!-- make graph ENV=prd -->\nold\n<!-- end -->\n[all](docs/graph/prd.svg), make plan ENV=prod\n"
    assert readme.read_text() == text
    assert list(forget(["dev", "prd"], tmp_path, readme)) == []


def test_environments_that_are_wrong_change_no_drawing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def synthesize(*_: object, **__: object) -> None:
        raise Failure("prod.py: wrong: correct it")

    monkeypatch.setattr(command, "synthesize", synthesize)
    monkeypatch.setattr(command, "forget", lambda *_: pytest.fail("it has removed drawings"))
    assert main([], directory=DIRECTORY) == 1
    assert capsys.readouterr() == ("", "prod.py: wrong: correct it\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nope"], "'nope': there is no environment of this name: use one of dev, staging, prod, eu-prod"),
        (["dev", "--tree", "missing"], "missing/manifest.json"),
        (["dev", "--tree", "{tree}", "--out", "/proc/none"], "choose another directory by --out"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    synthesized_tree: Path, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    given = [each.replace("{tree}", str(synthesized_tree)) for each in argv]
    assert main(given, directory=DIRECTORY) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_viewer_without_variables_of_css_shows_the_colors_of_a_light_page(graphs: dict[str, Graph]) -> None:
    text = svg(graphs["prod"])
    styled = re.findall(r"<[^>]*var\(--[^>]*>", text.replace(text[text.index("<style>") : text.index("</style>")], ""))
    assert len(styled) > 50
    for element in styled:
        for attribute, name in re.findall(r"(fill|stroke): var\(--(\w+)\)", element):
            assert f'{attribute}="{LIGHT[name]}"' in element
