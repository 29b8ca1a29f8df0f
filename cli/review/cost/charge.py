"""A charge: quantities and the name of a price, no amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from cli.review.cost.price_list import Key
from cli.review.cost.resources import Resource


class Factor(NamedTuple):
    """A part of a quantity: a number, or the name of an assumption, and what it counts."""

    number: Decimal | str
    label: str


class Saving(StrEnum):
    """What would make a charge smaller: cli/review/cost/savings.py."""

    PAUSE = "pause"
    RESERVED_DATABASE = "reserved_database"
    RESERVED_REDIS = "reserved_redis"
    SAVINGS_PLAN = "savings_plan"
    SPOT = "spot"


class Charge(NamedTuple):
    """One thing that is paid for: the product of its factors and of a price."""

    item: str
    price: Key
    factors: tuple[Factor, ...]
    kind: str = ""
    """What is priced, such as `db.t4g.small, Multi-AZ`."""
    savings: frozenset[Saving] = frozenset()
    """What would make it smaller."""


class Unpriced(NamedTuple):
    """Something that costs and whose price is not known here."""

    what: str


class Note(NamedTuple):
    """What a person should know of how a resource was counted."""

    text: str


Findings = Iterator[Charge | Unpriced | Note]
Rule = Callable[[Resource], Findings]

# AWS's own month: https://aws.amazon.com/calculator/calculator-assumptions/
MONTH = Factor(Decimal(730), "h")


def charge(item: str, price: Key, *factors: Factor, kind: str = "", savings: Iterable[Saving] = ()) -> Charge:
    """A charge whose factors are written one after the other."""
    return Charge(item, price, factors, kind, frozenset(savings))


def of(number: Decimal | int, label: str) -> Factor:
    """So many of what is not counted in pieces: GB, hours."""
    return Factor(Decimal(number), label)


def pieces(number: Decimal | int, label: str) -> Factor:
    """So many of what is counted in pieces: `2 nodes`, `1 node`."""
    return Factor(Decimal(number), label if number == 1 else f"{label}s")


def plain(number: Decimal) -> str:
    """A number as a person writes it: `0.2333`, `20000`."""
    return format(round(number, 4).normalize(), "f")
