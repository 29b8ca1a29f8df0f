"""What a unit costs each month, before and after its plan, at on-demand list prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cli.unit_plan import UnitPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One thing that AWS charges for."""

    address: str
    """Of the resource, such as `aws_db_instance.postgresql`."""
    item: str
    """What is paid for, such as `instance` or `storage`."""
    detail: str
    """The arithmetic, such as `2 x 730 h x $0.032`."""
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """What a unit costs, in USD a month."""

    unit: str
    before: Decimal
    """As it is deployed; 0 for a unit that is not."""
    after: Decimal
    """As planned."""
    lines: tuple[CostLine, ...]
    missing: tuple[str, ...]
    """Prices that are not known and not in the sums, by the resource's address: `aws_sqs_queue.jobs: …`."""
    assumptions: tuple[str, ...]
    """What the sums assume, for a person to read: `log ingestion: 5 GB a month in each log group`."""


def monthly(plan: UnitPlan) -> UnitCost:
    """What the unit costs before and after this plan."""
    nothing = Decimal(0)
    return UnitCost(unit=plan.name, before=nothing, after=nothing, lines=(), missing=(), assumptions=())
