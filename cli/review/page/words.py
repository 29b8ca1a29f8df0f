"""The words of the page that are the same in all its forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from cli.review.cost import NOT_KNOWN, UnitCost, is_known
from cli.review.page.page import Page, ResourceDiff, UnitSection, Verdict
from cli.terraform.plan import Action

COLUMNS = ("unit", "add", "change", "replace", "destroy", "mocked", "USD a month")
COUNTED = (Action.ADD, Action.CHANGE, Action.REPLACE, Action.DESTROY)


def summary(page: Page) -> str:
    """What would happen, in one sentence, and of how much that is known."""
    if page.failed and len(page.failed) == len(page.units):
        return f"Nothing was planned: {several(len(page.failed), 'unit')} failed"
    counts = [f"{page.count(action):,} to {action}" for action in COUNTED]
    others = [
        f"{page.count(action):,} to {action}" for action in Action if action not in COUNTED and page.count(action)
    ]
    text = ", ".join([*counts, *others])
    if page.failed:
        planned = len(page.units) - len(page.failed)
        return f"{text}, in {planned} of {len(page.units)} units: {len(page.failed)} failed"
    return text if page.has_changes or any(page.count(action) for action in Action) else "Nothing to do"


def verdict(page: Page) -> str:
    """What the gate says, in one phrase."""
    match page.verdict:
        case Verdict.REFUSED:
            return f"{len(page.refusals):,} refused"
        case Verdict.NOT_JUDGED:
            return f"not judged: {several(len(page.failed), 'unit')} could not be planned"
        case Verdict.PASSED:
            return "passed"


def warnings(page: Page, quoted: Callable[[str], str] = str) -> Iterator[str]:
    """What a reviewer must know before anything else, the gravest first; `quoted` writes what is made of names."""
    if page.failed:
        yield f"Failed, and so not judged by the gate: {_units(page.failed, quoted)}."
    if page.refusals:
        yield f"Refused by the gate: {several(len(page.refusals), 'finding')}."
    for unit in page.units:
        yield from (f"Interrupts: {quoted(unit.name)}: {quoted(caution)}." for caution in unit.cautions)
    if page.is_offline:
        yield "Planned offline: nothing was compared with what is deployed."
    elif page.unrefreshed:
        why = "these credentials may not read a secret that the AWS provider asks for"
        yield f"Planned from the state alone: {_units(page.unrefreshed, quoted)}. Drift is not seen there: {why}."
    if page.new:
        yield (
            f"New, without a state yet: {_units(page.new, quoted)}. Whatever of that is deployed has its state "
            "elsewhere, and would be made a second time: run make move-state first."
        )
    for why in dict.fromkeys(page.left_out.values()):
        names = ", ".join(quoted(name) for name, reason in page.left_out.items() if reason == why)
        yield f"Left out, {why}: {names}."
    if page.mocked:
        yield f"Mocked: {_units(page.mocked, quoted)} with values that are made up. No such plan can be applied."
    if missing := missing_prices(page):
        reasons = {text.partition(": ")[2] for text in missing}
        why = f": {reasons.pop()}" if len(reasons) == 1 else ""
        yield f"The sums lack {several(len(missing), 'resource')} whose price is not known{why}."


def rows(page: Page) -> Iterator[tuple[str, ...]]:
    """The table over all units, and their total where there are several."""
    for unit in page.units:
        if unit.error:
            yield unit.name, *("-" for _ in COUNTED), "-", "failed"
        else:
            cost = money([unit.cost]) if unit.cost else "-"
            yield unit.name, *(_number(unit.count(action)) for action in COUNTED), mocked(unit), cost
    if len(page.units) > 1:
        costs = money(_costs(page)) if _costs(page) else "-"
        units = several(len(page.mocked), "unit") if page.mocked else "-"
        yield "total", *(_number(page.count(action)) for action in COUNTED), units, costs


def mocked(unit: UnitSection) -> str:
    """How much of what a unit was planned with is made up."""
    values = len(unit.inputs.mocked) + len(unit.inputs.placeholders)
    return several(values, "value") if values else "-"


def several(count: int, noun: str) -> str:
    """A number with a noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def cost_of(page: Page) -> str:
    """What all units cost, as the end of a sentence."""
    known = is_known(_costs(page))
    return f"{money(_costs(page))} USD a month" if known else "a cost that is not known"


def money(costs: Sequence[UnitCost]) -> str:
    """Dollars a month, before and after; without their sign, of which GitHub would make a formula."""
    if not is_known(costs):
        return NOT_KNOWN
    before, after = (sum((getattr(each, when) for each in costs), Decimal()) for when in ("before", "after"))
    return f"{after:,.2f}" if before == after else f"{before:,.2f} → {after:,.2f}"


def notes(unit: UnitSection) -> Iterator[tuple[str, Sequence[str]]]:
    """What a unit was planned with: a phrase, and the names that it is about."""
    inputs = unit.inputs
    if unit.new_state:
        yield "new: its state will be at", [unit.new_state]
    if inputs.mocked:
        yield "made up, because the upstream is not deployed", inputs.mocked
    if inputs.placeholders:
        yield "placeholders for variables without a value", inputs.placeholders
    if inputs.not_imported:
        yield "shown as added, because an offline plan imports nothing", inputs.not_imported
    if inputs.running:
        yield "as it runs, because no value is given", inputs.running
    if inputs.planned:
        yield "from the plan of the upstream on this page", inputs.planned
    if inputs.changing:
        yield "as deployed, but the upstream changes them (known after apply)", inputs.changing


def reason(change: ResourceDiff) -> str:
    """Why something is destroyed, replaced or moved, without names; empty where there is nothing to say."""
    if change.action is Action.FORGET:
        return "it stays as it is, and Terraform no longer knows it"
    return change.reason


def missing_prices(page: Page) -> list[str]:
    """What is in no sum, because its price is not known."""
    return sorted({text for cost in _costs(page) for text in cost.missing})


def prices(page: Page) -> list[str]:
    """Where the prices of the sums are from, of what date, and whether anybody has verified them."""
    return sorted({cost.prices for cost in _costs(page) if cost.prices})


def assumptions(page: Page) -> list[str]:
    """What the sums assume."""
    return sorted({text for cost in _costs(page) for text in cost.assumptions})


def _costs(page: Page) -> list[UnitCost]:
    return [unit.cost for unit in page.units if unit.cost]


def _units(units: Sequence[UnitSection], quoted: Callable[[str], str]) -> str:
    return ", ".join(quoted(unit.name) for unit in units)


def _number(count: int) -> str:
    return f"{count:,}" if count else "-"
