"""What units cost, for a person at a terminal and for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.review.cost import NOT_KNOWN, UnitCost, is_known
from cli.review.cost.assumptions import assumptions
from cli.review.cost.savings import savings
from cli.terraform.plan import Json

_CENT = Decimal("0.01")
_SAVINGS = "What would save, in USD a month: each by itself, at discounts that are unverified (--assume changes them)"


def usd(amount: Decimal) -> str:
    """An amount, to the cent: `1,234.50`."""
    return f"{amount.quantize(_CENT, ROUND_HALF_UP):,}"


def report(
    environments: Mapping[str, Sequence[UnitCost]],
    *,
    lines: bool = False,
    assumed: Mapping[str, Decimal] | None = None,
) -> RenderableType:
    """The table of units, what it assumes, what is missing, and what would save; with `lines` all that is paid for."""
    costs = [cost for units in environments.values() for cost in units]
    parts: list[RenderableType] = [_lines(costs)] if lines and any(cost.lines for cost in costs) else []
    parts += [_units(environments), *_told("Assumed", (text for cost in costs for text in cost.assumptions))]
    parts += _told("Not in these sums, because the price is not known", _missing(costs), style="bold red")
    prices = "; ".join(dict.fromkeys(cost.prices for cost in costs if cost.prices)) or "none used"
    parts += _told(_SAVINGS, _saved(environments, assumed or assumptions()))
    parts.append(Text(f"Prices: {prices}; on demand, without tax, free tier and discounts; renew them by make prices"))
    return Group(*parts)


def document(environments: Mapping[str, Sequence[UnitCost]], *, assumed: Mapping[str, Decimal] | None = None) -> Json:
    """The same for a machine: amounts are text, because a number of JSON is not exact."""
    values = assumed or assumptions()
    return {
        "currency": "USD",
        "environments": {
            name: {
                "after": _exact(_after(costs)),
                "units": [_unit(cost) for cost in costs],
                "savings": [
                    {"by": each.by, "usd": _exact(each.usd), "of": _exact(each.of), "text": each.text}
                    for each in savings(costs, values)
                ],
            }
            for name, costs in environments.items()
        },
    }


def _unit(cost: UnitCost) -> Json:
    return {
        "unit": cost.unit,
        "after": _exact(cost.after),
        "lines": [
            {
                "address": line.address,
                "item": line.item,
                "detail": line.detail,
                "is_assumed": line.is_assumed,
                "after": _exact(line.after),
            }
            for line in cost.lines
        ],
        "missing": list(cost.missing),
        "assumptions": list(cost.assumptions),
        "prices": cost.prices,
    }


def _exact(amount: Decimal) -> str:
    """An amount, to a ten-thousandth of a cent."""
    return str(amount.quantize(Decimal("0.000001")))


def _after(costs: Iterable[UnitCost]) -> Decimal:
    return sum((cost.after for cost in costs), Decimal(0))


def _assumed(costs: Iterable[UnitCost]) -> Decimal:
    return sum((line.after for cost in costs for line in cost.lines if line.is_assumed), Decimal(0))


def _sums(costs: Sequence[UnitCost]) -> tuple[str, str]:
    """What these cost, and what of it is assumed."""
    if not is_known(costs):
        return NOT_KNOWN, "-"
    return usd(_after(costs)), usd(_assumed(costs))


def _missing(costs: Iterable[UnitCost]) -> Iterator[str]:
    """What is in no sum, a line for each cause, which names the resource where it is one."""
    places: dict[str, set[str]] = {}
    for cost in costs:
        for address, _, cause in (text.partition(": ") for text in cost.missing):
            places.setdefault(cause, set()).add(f"{cost.unit}: {address}")
    for cause, named in places.items():
        yield f"{named.pop()}: {cause}" if len(named) == 1 else f"{len(named):,} resources: {cause}"


def _saved(environments: Mapping[str, Sequence[UnitCost]], assumed: Mapping[str, Decimal]) -> Iterator[str]:
    for name, costs in environments.items():
        yield from (f"{name}: {usd(each.usd)} by {each.text}" for each in savings(costs, assumed))


def _units(environments: Mapping[str, Sequence[UnitCost]]) -> Table:
    table = Table("unit", "USD a month", "of which assumed")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, costs in environments.items():
        for cost in costs:
            table.add_row(cost.unit, *_sums([cost]))
        table.add_section()
        table.add_row(f"all of {name}", *_sums(costs), style="bold")
        table.add_section()
    return table


def _lines(costs: Sequence[UnitCost]) -> Table:
    table = Table("resource", "item", "quantity and price", "USD a month")
    table.columns[3].justify = "right"
    for cost in costs:
        if cost.lines:
            table.add_section()
            table.add_row(Text(cost.unit, style="bold"))
        for line in sorted(cost.lines, key=lambda line: (-line.after, line.address, line.item)):
            table.add_row(line.address, line.item, line.detail, usd(line.after))
    return table


def _told(title: str, texts: Iterable[str], style: str = "bold") -> Iterator[Text]:
    told = list(dict.fromkeys(texts))
    if told:
        yield Text(f"{title}:", style=style)
        yield from (Text(f"  {text}") for text in told)
