"""What units cost, for a person at a terminal and for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.cost import UnitCost
from cli.unit_plan import Json

_CENT = Decimal("0.01")


def usd(amount: Decimal) -> str:
    """An amount, to the cent: `1,234.50`."""
    return f"{amount.quantize(_CENT):,}"


def report(costs: Sequence[UnitCost], *, lines: bool = False) -> RenderableType:
    """The table of units, what it assumes, and what is missing; with `lines` everything that is paid for."""
    parts: list[RenderableType] = [_lines(costs)] if lines else []
    parts += [_units(costs), *_told("Assumed", (text for cost in costs for text in cost.assumptions))]
    missing = (f"{cost.unit}: {text}" for cost in costs for text in cost.missing)
    parts += _told("Not in these sums, because the price is not known", missing, style="bold red")
    prices = "; ".join(dict.fromkeys(cost.prices for cost in costs if cost.prices)) or "none used"
    parts.append(Text(f"Prices: {prices}, on demand, without tax, free tier and discounts; renew them by make prices"))
    return Group(*parts)


def document(costs: Sequence[UnitCost]) -> Json:
    """The same for a machine: amounts are text, because a number of JSON is not exact."""
    return {
        "currency": "USD",
        "before": usd_exact(sum((cost.before for cost in costs), Decimal(0))),
        "after": usd_exact(sum((cost.after for cost in costs), Decimal(0))),
        "units": [
            {
                "unit": cost.unit,
                "before": usd_exact(cost.before),
                "after": usd_exact(cost.after),
                "lines": [
                    {
                        "address": line.address,
                        "item": line.item,
                        "detail": line.detail,
                        "before": usd_exact(line.before),
                        "after": usd_exact(line.after),
                    }
                    for line in cost.lines
                ],
                "missing": list(cost.missing),
                "assumptions": list(cost.assumptions),
                "prices": cost.prices,
            }
            for cost in costs
        ],
    }


def usd_exact(amount: Decimal) -> str:
    """An amount, to a ten-thousandth of a cent."""
    return str(amount.quantize(Decimal("0.000001")))


def _units(costs: Sequence[UnitCost]) -> Table:
    table = Table("unit", "before", "after", "difference", title="USD a month", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for cost in costs:
        table.add_row(cost.unit, *_amounts(cost.before, cost.after))
    table.add_section()
    before, after = (sum(amounts, Decimal(0)) for amounts in zip(*((c.before, c.after) for c in costs), strict=True))
    table.add_row("total", *_amounts(before, after), style="bold")
    return table


def _amounts(before: Decimal, after: Decimal) -> tuple[str, str, str]:
    difference = after - before
    return usd(before), usd(after), f"{difference.quantize(_CENT):+,}" if difference else "-"


def _lines(costs: Sequence[UnitCost]) -> Table:
    table = Table("resource", "item", "quantity and price", "before", "after")
    for column in table.columns[3:]:
        column.justify = "right"
    for cost in costs:
        if cost.lines:
            table.add_section()
            table.add_row(Text(cost.unit, style="bold"))
        for line in sorted(cost.lines, key=lambda line: (-line.after, line.address, line.item)):
            table.add_row(line.address, line.item, line.detail, usd(line.before), usd(line.after))
    return table


def _told(title: str, texts: Iterable[str], style: str = "bold") -> Iterator[Text]:
    told = list(dict.fromkeys(texts))
    if told:
        yield Text(f"{title}:", style=style)
        yield from (Text(f"  {text}") for text in told)
