"""What would save: less for the same, by a commitment, by Spot, or by a schedule, of what is paid now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from cli.review.cost import CostLine, UnitCost
from cli.review.cost.charge import MONTH, Saving, plain

_CENT = Decimal("0.01")
_WEEK_HOURS = 168


class Saved(NamedTuple):
    """One way to save, in USD a month."""

    by: Saving
    usd: Decimal
    of: Decimal
    """What is paid now for that which it makes cheaper."""
    text: str
    """What to do, and what that means."""


def savings(costs: Sequence[UnitCost], assumed: Mapping[str, Decimal]) -> list[Saved]:
    """Each way that saves a cent or more in an environment, the largest first. They do not add up."""
    found = (_saved(by, costs, assumed) for by in Saving)
    return sorted((each for each in found if each.usd >= _CENT), key=lambda each: -each.usd)


def _saved(by: Saving, costs: Sequence[UnitCost], assumed: Mapping[str, Decimal]) -> Saved:
    lines = [*_lines(by, costs)]
    paid = sum((line.after for line in lines), Decimal(0))
    share, name = _share(by, assumed), _ASSUMED[by]
    text = _text(by, lines, paid, costs, assumed)
    return Saved(by, paid * share, paid, f"{text} ({name}={plain(assumed[name])})")


def _lines(by: Saving, costs: Sequence[UnitCost]) -> Iterator[CostLine]:
    for cost in costs:
        if by is not Saving.PAUSE or not cost.is_protected:
            yield from (line for line in cost.lines if by in line.savings)


_ASSUMED = {
    Saving.PAUSE: "working_hours",
    Saving.RESERVED_DATABASE: "reserved_database_price",
    Saving.RESERVED_REDIS: "reserved_redis_price",
    Saving.SAVINGS_PLAN: "savings_plan_price",
    Saving.SPOT: "fargate_spot_price",
}


def _share(by: Saving, assumed: Mapping[str, Decimal]) -> Decimal:
    """Which part of the price is saved."""
    value = assumed[_ASSUMED[by]]
    return 1 - (value / _WEEK_HOURS if by is Saving.PAUSE else value)


def _text(
    by: Saving, lines: Sequence[CostLine], paid: Decimal, costs: Sequence[UnitCost], assumed: Mapping[str, Decimal]
) -> str:
    match by:
        case Saving.PAUSE:
            rest = sum((cost.after for cost in costs), Decimal(0)) - paid
            less = ", less where a schedule stops tasks that are counted all month" if _has_schedule(costs) else ""
            return f"`make pause` outside working hours{less}; the other {rest:,.2f} go on being paid"
        case Saving.RESERVED_DATABASE:
            return "reserved instances for PostgreSQL, one year, no upfront"
        case Saving.RESERVED_REDIS:
            return "reserved nodes of ElastiCache, one year, no upfront"
        case Saving.SAVINGS_PLAN:
            hourly = paid * assumed[_ASSUMED[by]] / Decimal(MONTH.number)
            return f"a Compute Savings Plan for the tasks, one year, no upfront: a commitment of ${hourly:.3f} an hour"
        case Saving.SPOT:
            names = ", ".join(dict.fromkeys(_worker(line.address) for line in lines))
            return f"spot_percent=100 for {names}, whose tasks are then stopped with two minutes' notice"


def _has_schedule(costs: Sequence[UnitCost]) -> bool:
    """Whether a schedule changes how many tasks run, which sums do not count."""
    return any(note.startswith("aws_appautoscaling_scheduled_action.") for cost in costs for note in cost.assumptions)


def _worker(address: str) -> str:
    """The input of a worker, by the address of its service: `worker`, or `workers["mail-out"]` of `worker_mail_out`."""
    name = address.rpartition(".")[2].replace("_", "-")
    return f'workers["{name.removeprefix("worker-")}"]' if name.startswith("worker-") else name
