"""The page as a comment of a pull request, which GitHub limits in length."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from cli.review.gate import Refusal
from cli.review.page import words
from cli.review.page.diff import AttributeChange
from cli.review.page.page import Page, ResourceDiff, UnitSection
from cli.terraform.plan import Action

LIMIT = 65_536
"""Characters of a comment: https://docs.github.com/en/rest/issues/comments"""

_GRAVE = (Action.DESTROY, Action.REPLACE, Action.FORGET)
_LONG = 12


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is told."""

    adds: int
    """2: with attributes, 1: addresses, 0: the number of each type."""
    changes: int
    """3: all attributes, 2: some of them, 1: addresses, 0: the number of each type."""
    grave: int
    """Of what is destroyed or replaced: 3: all attributes, 2: some, 1: what forces it, 0: addresses, tightly packed."""
    items: int
    """The length of any other list."""
    value: int
    """The length of a value."""


_DETAILS = (
    _Detail(adds=2, changes=3, grave=3, items=1000, value=400),
    _Detail(adds=1, changes=3, grave=3, items=100, value=400),
    _Detail(adds=0, changes=3, grave=3, items=50, value=200),
    _Detail(adds=0, changes=2, grave=2, items=30, value=80),
    _Detail(adds=0, changes=1, grave=1, items=20, value=80),
    _Detail(adds=0, changes=0, grave=1, items=20, value=60),
    _Detail(adds=0, changes=0, grave=0, items=10, value=60),
)


def marker(title: str) -> str:
    """What tells the comment of these environments from all others. It does not show."""
    return f"<!-- terraform plan of {re.sub(r'[^A-Za-z0-9 _-]', '', title)} -->"


def render(page: Page, limit: int = LIMIT, *, is_summary: bool = False) -> str:
    """The page in Markdown, or its head alone, with as much detail as fits.

    What is destroyed or replaced is always named, as long as the names alone fit; beyond that it is counted.
    """
    for detail in _DETAILS:
        text = _render(page, detail, is_summary=is_summary)
        if _length(text) <= limit:
            return text
    return _cut(text, limit)


def _length(text: str) -> int:
    """As JavaScript counts, and so GitHub: characters beyond the basic plane are two."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, limit: int) -> str:
    """The last resort, for tens of thousands of characters of names: the head has all the numbers."""
    end = "\n\n**The page is cut here: it is too long for a comment.** `make plan` prints all of it.\n"
    kept = text
    while _length(kept + end) > limit - len(_open_fence(kept)):
        kept = kept[: -max(1, (_length(kept) - limit) // 2)]
    return kept + _open_fence(kept) + end


def _open_fence(text: str) -> str:
    """What closes a block that is cut."""
    fences = re.findall(r"^(`{3,})", text, re.MULTILINE)
    return f"\n{fences[-1]}" if len(fences) % 2 else ""


def _render(page: Page, detail: _Detail, *, is_summary: bool) -> str:
    lines = chain(_head(page, detail), () if is_summary else _body(page, detail))
    return "\n".join(lines).rstrip() + "\n"


def _head(page: Page, detail: _Detail) -> Iterator[str]:
    yield marker(page.title)
    yield f"## Terraform plan: {_code(page.title)}"
    yield ""
    yield f"**{words.summary(page)}**"
    yield ""
    for warning in words.warnings(page, _code):
        yield f"> [!WARNING]\n> {warning}\n"
    if detail is not _DETAILS[0]:
        yield "> [!NOTE]\n> Shortened to fit a comment; `make plan` prints all of it.\n"
    yield _row(words.COLUMNS)
    yield "|---|--:|--:|--:|--:|--:|--:|"
    yield from map(_row, words.rows(page))
    yield ""


def _body(page: Page, detail: _Detail) -> Iterator[str]:
    yield from _refusals(page, detail)
    if page.accepted:
        lines = [f"- {_place(each)}: {_code(each.message)}" for each in page.accepted]
        yield from _folded(f"{len(lines):,} accepted by the environment", _some(lines, detail))
    if page.overridden:
        lines = [
            f"- {_code(each.unit)} {_code(each.address)} {_code(each.argument)} = "
            f"{_code(_short(each.value, detail))}: {_code(each.reason)}"
            for each in page.overridden
        ]
        yield from _folded(f"{len(lines):,} overridden by the environment", _some(lines, detail))
    for unit in page.units:
        if unit.error or unit.has_changes or unit.changes or unit.drift:
            yield from _unit(unit, detail)
    unchanged = [unit.name for unit in page.units if not (unit.error or unit.has_changes or unit.changes or unit.drift)]
    if unchanged:
        yield f"Nothing to do: {', '.join(map(_code, unchanged))}\n"
    if missing := words.missing_prices(page):
        yield f"In no sum, because the price is not known: {_codes(missing, detail)}\n"
    if prices := words.prices(page):
        yield f"Prices: {_codes(prices, detail)}\n"
    if assumed := words.assumptions(page):
        yield from _folded("What the costs assume", [f"- {_code(text)}" for text in _some(assumed, detail)])


def _refusals(page: Page, detail: _Detail) -> Iterator[str]:
    if page.refusals:
        yield "### Refused by the gate\n"
        for refusal in page.refusals[: detail.items]:
            place = _place(refusal)
            # At the last, what is destroyed matters more than what to do about it.
            yield f"- {place}: {_code(refusal.message)}" if detail.grave else f"- {place}"
        rest = Counter(refusal.rule for refusal in page.refusals[detail.items :])
        yield from (f"- and {count:,} more of {_code(rule)}" for rule, count in sorted(rest.items()))
        yield ""


def _place(refusal: Refusal) -> str:
    return " ".join(_code(part) for part in (refusal.unit, refusal.address, refusal.rule) if part)


def _unit(unit: UnitSection, detail: _Detail) -> Iterator[str]:
    yield f"### {_code(unit.name)}\n"
    if unit.error:
        yield f"**Failed:** {_code(unit.error)}\n"
    for phrase, names in words.notes(unit):
        yield f"_{phrase[0].upper()}{phrase[1:]}:_ {_codes(names, detail)}\n"
    for action, group in groupby(unit.changes, key=lambda change: change.action):
        changes = list(group)
        if action is Action.ADD:
            yield from _adds(changes, detail)
        elif action in _GRAVE:
            yield from _grave(action, changes, detail)
        elif detail.changes == 0:
            yield f"{len(changes):,} to **{action}**: {_types(changes)}\n"
        else:
            yield from (
                line for change in changes for line in _change(change, (0, 0, _LONG, None)[detail.changes], detail)
            )
            yield ""
    if unit.outputs:
        yield from _folded(
            words.several(len(unit.outputs), "output"), _attributes(unit.outputs[: detail.items], detail)
        )
    if unit.drift:
        lines = (line for change in unit.drift[: detail.items] for line in _change(change, _LONG, detail))
        yield from _folded(f"{len(unit.drift)} changed outside of Terraform", lines)


def _adds(changes: Sequence[ResourceDiff], detail: _Detail) -> Iterator[str]:
    if detail.adds == 0:
        yield f"{len(changes):,} to **add**: {_types(changes)}\n"
        return
    limit = None if detail.adds == 2 else 0
    lines = [line for change in changes for line in _change(change, limit, detail)]
    yield from _folded(f"{len(changes):,} to add", lines)


def _grave(action: Action, changes: Sequence[ResourceDiff], detail: _Detail) -> Iterator[str]:
    if detail.grave == 0:
        yield f"**{len(changes):,} to {action}**: {_types(changes)}\n\n{_block(_packed(changes))}\n"
        return
    limit = (0, 0, _LONG, None)[detail.grave]
    yield from (line for change in changes for line in _change(change, limit, detail))
    yield ""


def _change(change: ResourceDiff, limit: int | None, detail: _Detail) -> Iterator[str]:
    """One resource: its address with what forces the change, and at most so many of its attributes."""
    line = f"- **{change.action}** {_code(change.address)}"
    if change.before_address:
        line += f", moved from {_code(change.before_address)}"
    if change.imported_id:
        line += f", imported from {_code(change.imported_id)}"
    if change.forced_by:
        line += f", forced by {', '.join(map(_code, change.forced_by))}"
    if reason := words.reason(change):
        line += f", because {reason}"
    yield line
    # What forces a replacement comes first, so that no limit takes it away.
    ordered = sorted(change.attributes, key=lambda attribute: not attribute.forces_replacement)
    shown = ordered if limit is None else ordered[:limit]
    lines = [f"  {line}" for line in _attributes(shown, detail)]
    if limit and len(ordered) > limit:
        lines.append(f"  - and {len(ordered) - limit} more attributes")
    if shown and change.known_after_apply:
        lines.append(f"  - known after apply: {_codes(change.known_after_apply, detail)}")
    if len(lines) > _LONG:
        yield f"  <details><summary>{len(ordered)} attributes</summary>\n"
        yield from lines
        yield "\n  </details>"
    else:
        yield from lines


def _attributes(attributes: Iterable[AttributeChange], detail: _Detail) -> Iterator[str]:
    for each in attributes:
        if each.before is None:
            values = _code(_short(each.after or "", detail))
        elif each.after is None:
            values = f"{_code(_short(each.before, detail))} → none"
        else:
            values = f"{_code(_short(each.before, detail))} → {_code(_short(each.after, detail))}"
        yield f"- {_code(each.path)}: {values}{' **forces replacement**' if each.forces_replacement else ''}"


def _types(changes: Iterable[ResourceDiff]) -> str:
    counts = Counter(change.type for change in changes)
    return ", ".join(f"{_code(kind)} {count:,}" for kind, count in sorted(counts.items()))


def _packed(changes: Sequence[ResourceDiff]) -> Iterator[str]:
    """All addresses in as few characters as can be: a line for each type, the keys of one resource together."""
    for kind, of_kind in groupby(
        sorted(changes, key=lambda change: (change.type, change.address)), lambda each: each.type
    ):
        names = [change.address.removeprefix(f"{kind}.") for change in of_kind]
        resources = groupby(names, lambda name: name.partition("[")[0])
        packed = (base + "".join(name.removeprefix(base) for name in group) for base, group in resources)
        yield f"{kind}: {' '.join(packed)}"


def _block(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    fence = "`" * max(3, _backticks(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{html.escape(title)}</summary>\n"
    yield from lines
    yield "\n</details>\n"


def _row(cells: Iterable[str]) -> str:
    first, *rest = cells
    name = first if first in ("unit", "total") else _code(first)
    escaped = (cell.replace("|", "\\|") for cell in (name, *rest))
    return f"| {' | '.join(escaped)} |"


def _some(texts: Sequence[str], detail: _Detail) -> Sequence[str]:
    return texts[: detail.items]


def _codes(texts: Sequence[str], detail: _Detail) -> str:
    shown = ", ".join(map(_code, texts[: detail.items]))
    return shown if len(texts) <= detail.items else f"{shown} and {len(texts) - detail.items:,} more"


def _short(text: str, detail: _Detail) -> str:
    return text if len(text) <= detail.value else f"{text[: detail.value - 1]}…"


def _code(text: str) -> str:
    """A code span. In one, Markdown, HTML, mentions and references are nothing but text, whoever wrote them."""
    fence = "`" * (_backticks(text) + 1)
    space = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") or not text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _backticks(text: str) -> int:
    """The longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
