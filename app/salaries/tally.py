"""Counts and sums of salaries that can be added up, and the answers that are made of them.

Amounts of different currencies are never added up: a group keeps them apart.
"""

import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Self

Json = dict[str, Any]
TOP = 5


@dataclass(slots=True)
class Tally:
    """Counts and sums that can be added up; averages cannot."""

    observations: int = 0
    total: Decimal = Decimal(0)
    lowest_total: Decimal | None = None
    highest_total: Decimal | None = None
    minimum: Decimal | None = None
    minimums: int = 0
    sum_of_minimums: Decimal | None = None
    maximum: Decimal | None = None
    maximums: int = 0
    sum_of_maximums: Decimal | None = None

    @classmethod
    def of(cls, cell: Json) -> Self:
        """Of a SalaryCell, or of sums over some, by those of the fields that are there."""
        return cls(**{each.name: cell[each.name] for each in fields(cls) if each.name in cell})

    def add(self, other: "Tally") -> None:
        self.observations += other.observations
        self.total += other.total
        self.lowest_total = _least(self.lowest_total, other.lowest_total)
        self.highest_total = _most(self.highest_total, other.highest_total)
        self.minimum = _least(self.minimum, other.minimum)
        self.minimums += other.minimums
        self.sum_of_minimums = _sum(self.sum_of_minimums, other.sum_of_minimums)
        self.maximum = _most(self.maximum, other.maximum)
        self.maximums += other.maximums
        self.sum_of_maximums = _sum(self.sum_of_maximums, other.sum_of_maximums)


@dataclass(slots=True)
class Group:
    """Rows that belong together, by currency and source."""

    currencies: dict[str, dict[str, Tally]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Tally)))

    def add(self, cell: Mapping[str, Any], tally: Tally) -> None:
        self.currencies[cell["currency"]][cell["source"]].add(tally)

    def answer(self) -> list[Json]:
        answers = [_currency_answer(code, sources) for code, sources in self.currencies.items()]
        return sorted(answers, key=lambda answer: (-answer["observations"], answer["currency"]))


def _currency_answer(code: str, sources: Mapping[str, Tally]) -> Json:
    tally = Tally()
    for source in sources.values():
        tally.add(source)
    return {
        "currency": code,
        "observations": tally.observations,
        "base_salary": {
            "min": money(tally.minimum),
            "max": money(tally.maximum),
            "average_min": average(tally.sum_of_minimums, tally.minimums),
            "average_max": average(tally.sum_of_maximums, tally.maximums),
        },
        "total_compensation": {
            "min": money(tally.lowest_total),
            "max": money(tally.highest_total),
            "average": average(tally.total, tally.observations),
        },
        "sources": [
            {
                "name": name,
                "observations": source.observations,
                "average_total_compensation": average(source.total, source.observations),
            }
            for name, source in sorted(sources.items())
        ],
    }


def counted(name: Json, group: Group, count: str = "observations") -> Json:
    currencies = group.answer()
    return {**name, count: sum(currency["observations"] for currency in currencies), "currencies": currencies}


def best(tallies: Mapping[str, Tally]) -> list[Json]:
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].total / item[1].observations, item[0]))
    return [
        {
            "name": name,
            "observations": tally.observations,
            "average_total_compensation": average(tally.total, tally.observations),
        }
        for name, tally in ordered[:TOP]
    ]


def packed(cents: Collection[int]) -> bytes:
    """Amounts as SalaryCell stores them: whole cents of eight bytes each."""
    return struct.pack(f"<{len(cents)}q", *cents)


def unpacked(amounts: Iterable[bytes | memoryview]) -> tuple[int, ...]:
    """The cents of all that were packed."""
    together = b"".join(amounts)
    return struct.unpack(f"<{len(together) // 8}q", together)


def money(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def average(total: Decimal | None, count: int) -> float | None:
    return None if total is None else money(total / count)


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _most(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
