"""Whoever reads finds every page, and no link leads nowhere."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
INDEX, DECISIONS = DOCS / "README.md", DOCS / "adr" / "README.md"
FOR_CONTRIBUTORS = [PROJECT / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG")]
PAGES = [*sorted(DOCS.glob("*.md")), *FOR_CONTRIBUTORS]
ALL = [PROJECT / "README.md", *PAGES, *sorted(DOCS.glob("adr/*.md")), PROJECT / "tests/upgrade/README.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)")


@cache
def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[tuple[Path, str]]:
    """The files and anchors to which a page links."""
    found = LINK.findall(prose(page))
    return [((page.parent / target).resolve() if target else page, anchor) for target, anchor in found]


@cache
def anchors(page: Path) -> set[str]:
    """Those of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    texts = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w -]", "", text).strip().lower().replace(" ", "-") for text in texts}


def test_the_index_links_to_every_page_once() -> None:
    counted = Counter(target for target, _ in links(INDEX))
    assert {page.name: counted[page] for page in PAGES if page != INDEX and counted[page] != 1} == {}


def test_the_decisions_are_numbered_without_a_gap_and_listed_under_their_titles() -> None:
    files = sorted(set(DECISIONS.parent.glob("*.md")) - {DECISIONS})
    titles = [(file.read_text().partition("\n")[0].removeprefix("# "), file.name) for file in files]
    listed = re.findall(r"^(\d+\. )\[(.+)\]\((.+)\)$", DECISIONS.read_text(), re.MULTILINE)
    assert [(number + title, file) for number, title, file in listed] == titles
    assert [int(file[:4]) for _, file in titles] == [int(title.partition(".")[0]) for title, _ in titles]
    assert [int(file[:4]) for _, file in titles] == [*range(1, len(files) + 1)]


@pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(PROJECT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), f"{page.name}: {target} does not exist"
        assert not anchor or anchor in anchors(target), f"{page.name}: {target.name} has no heading {anchor}"


def test_the_readme_fits_on_one_screen() -> None:
    assert len([line for line in prose(PROJECT / "README.md").splitlines() if line.strip()]) <= 50


# What a user renames or removes.
_OF_AN_EXAMPLE = re.compile(r"(stacks/config|tests/snapshots)/(dev|staging|prod)\b")


@pytest.mark.parametrize("page", ["docs/how-to.md", "CONTRIBUTING.md"])
def test_files_that_it_names_exist(page: str) -> None:
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", (PROJECT / page).read_text())
    assert len(named) > 10
    ours = [name for name in named if not _OF_AN_EXAMPLE.match(name)]
    assert [name for name in ours if not (PROJECT / name).exists()] == []
