"""The page on a terminal, in colour where it is one. Nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from cli.review.page import words
from cli.review.page.diff import AttributeChange
from cli.review.page.page import Page, ResourceDiff, UnitSection
from cli.terraform.plan import Action
from stacks.console import Console

_STYLES = {
    Action.DESTROY: "bold red",
    Action.REPLACE: "bold magenta",
    Action.FORGET: "bold red",
    Action.CHANGE: "yellow",
    Action.ADD: "green",
    Action.IMPORT: "cyan",
    Action.MOVE: "cyan",
}


def render(page: Page, console: Console, *, is_summary: bool = False) -> None:
    """Print the page, or its head alone. Every value is printed as text: none of it is markup."""
    console.print(Text(f"Terraform plan: {page.title}", style="bold"))
    console.print(Text(words.summary(page)))
    for warning in words.warnings(page):
        console.print(Text(warning, style="bold red" if warning.startswith(("Failed", "Refused")) else "yellow"))
    console.print(_table(page))
    for line in () if is_summary else _lines(page):
        console.print(line, soft_wrap=True)


def _table(page: Page) -> Table:
    table = Table(*words.COLUMNS)
    for column in table.columns[1:]:
        column.justify = "right"
    for row in words.rows(page):
        if row[0] == "total":
            table.add_section()
        table.add_row(*map(Text, row))
    return table


def _lines(page: Page) -> Iterator[Text]:
    if page.refusals:
        yield Text("\nRefused by the gate", style="bold red")
        yield from (Text(f"  {refusal}") for refusal in page.refusals)
    if page.accepted:
        yield Text("\nAccepted by the environment", style="bold")
        yield from (Text(f"  {accepted}") for accepted in page.accepted)
    if page.overridden:
        yield Text("\nOverridden by the environment", style="bold")
        yield from (
            Text(f"  {each.unit}: {each.address}: {each.argument} = {each.value}: {each.reason}")
            for each in page.overridden
        )
    for unit in page.units:
        yield from _unit(unit)
    for text in words.missing_prices(page):
        yield Text(f"In no sum, because the price is not known: {text}", style="yellow")
    for text in words.prices(page):
        yield Text(f"Prices: {text}", style="dim")
    for text in words.assumptions(page):
        yield Text(f"The costs assume: {text}", style="dim")


def _unit(unit: UnitSection) -> Iterator[Text]:
    yield Text(f"\n{unit.name}", style="bold")
    if unit.error:
        yield Text(f"  failed: {unit.error}", style="bold red")
        return
    for phrase, names in words.notes(unit):
        yield Text(f"  {phrase}: {', '.join(names)}", style="dim")
    for change in unit.changes:
        yield from _change(change)
    for output in unit.outputs:
        yield _attribute(output, "  output ")
    for change in unit.drift:
        yield Text("  changed outside of Terraform:")
        yield from _change(change)
    if not (unit.has_changes or unit.changes):
        yield Text("  nothing to do", style="dim")


def _change(change: ResourceDiff) -> Iterator[Text]:
    line = Text("  ").append(str(change.action), style=_STYLES[change.action]).append(f" {change.address}")
    if change.before_address:
        line.append(f", moved from {change.before_address}")
    if change.imported_id:
        line.append(f", imported from {change.imported_id}")
    if change.forced_by:
        line.append(f", forced by {', '.join(change.forced_by)}", style="bold")
    if reason := words.reason(change):
        line.append(f", because {reason}")
    yield line
    for attribute in change.attributes:
        yield _attribute(attribute, "      ")
    if change.known_after_apply:
        yield Text(f"      known after apply: {', '.join(change.known_after_apply)}", style="dim")


def _attribute(attribute: AttributeChange, indent: str) -> Text:
    line = Text(f"{indent}{attribute.path}: ")
    if attribute.before is not None:
        line.append(attribute.before, style="red").append(" → ")
    line.append("none" if attribute.after is None else attribute.after, style="green")
    return line.append(" forces replacement", style="bold magenta") if attribute.forces_replacement else line
