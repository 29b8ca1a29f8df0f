"""What the API answers, out of the database.

Amounts of different currencies are never added up: the summary keeps them apart, and insights are about one currency,
the one asked for or else the one most observed, which their `filters` name.
"""

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import connection
from django.db.models import Aggregate, Count, FloatField, Max, Min, QuerySet, Sum

from salaries.models import DIMENSIONS, SalaryCell, SalaryObservation, SalaryRoleAggregate

FILTERS = ("location", "country", "state", "level", "currency", "work_model")
FILTERS_KEY = "salaries:filters"
FILTERS_SECONDS = 300
ANSWER_SECONDS = 300
TOP = 5
_GENERATION_KEY = "salaries:generation"

T = TypeVar("T")
Json = dict[str, Any]
Filters = Mapping[str, str]
"""Values of some of FILTERS. Fields bring them into their canonical spelling."""


def summary(role: str, filters: Filters) -> Json:
    return comparison([role], filters)[0]


def comparison(roles: list[str], filters: Filters) -> list[Json]:
    """A summary of every role, in the order of their names."""
    if filters:
        return _remembered(["comparison", roles, filters], lambda: _ordered(_summaries(roles, filters)))
    known = dict(SalaryRoleAggregate.objects.filter(role__in=roles).values_list("role", "summary"))
    if missing := [role for role in roles if role not in known]:
        known |= _summaries(missing, filters)
    return _ordered(known)


def insights(role: str, filters: Filters) -> Json:
    if filters:
        return _remembered(["insights", role, filters], lambda: _insights(role, filters))
    aggregate = SalaryRoleAggregate.objects.filter(role=role).first()
    return aggregate.insights if aggregate else _insights(role, filters)


def computed(role: str) -> Json:
    """The fields of the role's aggregate."""
    return {"summary": _summaries([role], {})[role], "insights": _insights(role, {})}


def choices() -> Json:
    """The values that filters can have."""
    return cache.get_or_set(FILTERS_KEY, _choices, FILTERS_SECONDS) or _choices()


def forget() -> None:
    """The data has changed, so no answer in the cache holds any more."""
    cache.delete(_GENERATION_KEY)
    cache.delete(FILTERS_KEY)


def _remembered(question: list[Any], answer: Callable[[], T]) -> T:
    """What has been answered since the data changed is not computed again.

    The key holds the generation of the data, so an answer that was computed from older rows is never found, even where
    it is stored after the change.
    """
    generation = cache.get_or_set(_GENERATION_KEY, uuid.uuid4().hex, None)
    digest = hashlib.blake2b(json.dumps(question, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = f"salaries:answer:{generation}:{digest}"
    known = cache.get(key)
    if known is None:
        known = answer()
        cache.set(key, known, ANSWER_SECONDS)
    return known


def _ordered(summaries: Mapping[str, Json]) -> list[Json]:
    return [summary for _, summary in sorted(summaries.items())]


def echo(role: str, filters: Filters) -> Json:
    return {"role": role, **{name: filters.get(name) for name in FILTERS}}


# --- Summary ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
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

    def add(self, other: "_Tally") -> None:
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


_CELL = {
    "observations": Count("pk"),
    "total": Sum("total_compensation"),
    "lowest_total": Min("total_compensation"),
    "highest_total": Max("total_compensation"),
    "minimum": Min("base_salary_min"),
    "minimums": Count("base_salary_min"),
    "sum_of_minimums": Sum("base_salary_min"),
    "maximum": Max("base_salary_max"),
    "maximums": Count("base_salary_max"),
    "sum_of_maximums": Sum("base_salary_max"),
}


def cells_of_rows(roles: Iterable[str], filters: Filters) -> QuerySet[SalaryObservation, Json]:
    """The fields of SalaryCell, out of the observations."""
    rows = SalaryObservation.objects.filter(role__in=roles, **filters)
    return rows.order_by().values(*DIMENSIONS).annotate(**_CELL)


def _cells(roles: Iterable[str], filters: Filters) -> Iterator[Json]:
    """The cells of every role; of one whose cells are forgotten, because a row of it was written, out of its rows."""
    found = set()
    for cell in SalaryCell.objects.filter(role__in=roles, **filters).values(*DIMENSIONS, *_CELL).iterator():
        found.add(cell["role"])
        yield cell
    if missing := [role for role in roles if role not in found]:
        yield from cells_of_rows(missing, filters).iterator()


def _tally(cell: Json) -> _Tally:
    return _Tally(**{name: cell[name] for name in _CELL})


@dataclass(slots=True)
class _Group:
    """Rows that belong together, by currency and source."""

    currencies: dict[str, dict[str, _Tally]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(_Tally)))

    def add(self, cell: Mapping[str, Any], tally: _Tally) -> None:
        self.currencies[cell["currency"]][cell["source"]].add(tally)

    def answer(self) -> list[Json]:
        answers = [_currency_answer(code, sources) for code, sources in self.currencies.items()]
        return sorted(answers, key=lambda answer: (-answer["observations"], answer["currency"]))


def _currency_answer(code: str, sources: Mapping[str, _Tally]) -> Json:
    tally = _Tally()
    for source in sources.values():
        tally.add(source)
    return {
        "currency": code,
        "observations": tally.observations,
        "base_salary": {
            "min": money(tally.minimum),
            "max": money(tally.maximum),
            "average_min": _average(tally.sum_of_minimums, tally.minimums),
            "average_max": _average(tally.sum_of_maximums, tally.maximums),
        },
        "total_compensation": {
            "min": money(tally.lowest_total),
            "max": money(tally.highest_total),
            "average": _average(tally.total, tally.observations),
        },
        "sources": [
            {
                "name": name,
                "observations": source.observations,
                "average_total_compensation": _average(source.total, source.observations),
            }
            for name, source in sorted(sources.items())
        ],
    }


def _summaries(roles: list[str], filters: Filters) -> dict[str, Json]:
    """Every group of the answer is a sum over cells."""
    views = ("level", "state", "work_model")
    wholes = {role: _Group() for role in roles}
    groups: dict[str, dict[str, dict[str, _Group]]] = {
        role: {view: defaultdict(_Group) for view in views} for role in roles
    }
    for cell in _cells(roles, filters):
        role, tally = cell["role"], _tally(cell)
        wholes[role].add(cell, tally)
        for view in views:
            if value := cell[view]:  # where a source does not say, there is nothing to name
                groups[role][view][value].add(cell, tally)

    def answers(role: str, view: str) -> list[Json]:
        return [_counted({view: value}, group) for value, group in sorted(groups[role][view].items())]

    return {
        role: {
            "role": role,
            "filters": echo(role, filters),
            **_counted({}, whole, "total_observations"),
            "levels": answers(role, "level"),
            "states": answers(role, "state"),
            "work_models": answers(role, "work_model"),
        }
        for role, whole in wholes.items()
    }


def _counted(name: Json, group: _Group, count: str = "observations") -> Json:
    currencies = group.answer()
    return {**name, count: sum(currency["observations"] for currency in currencies), "currencies": currencies}


# --- Insights --------------------------------------------------------------------------------------------------------


class _PercentileCont(Aggregate):
    """PostgreSQL's continuous percentile: between two values it takes the point between them."""

    function = "PERCENTILE_CONT"
    name = "PercentileCont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


FRACTIONS = {"p25": 0.25, "median": 0.5, "p75": 0.75}


def percentiles(rows: QuerySet[SalaryObservation]) -> Json:
    if connection.vendor == "postgresql":
        found = rows.aggregate(**{name: _PercentileCont("total_compensation", at) for name, at in FRACTIONS.items()})
        return {name: money(value) for name, value in found.items()}
    ordered = rows.order_by("total_compensation").values_list("total_compensation", flat=True)
    last = ordered.count() - 1
    return {name: money(_interpolated(ordered, last * at) if last >= 0 else None) for name, at in FRACTIONS.items()}


def _interpolated(ordered: "QuerySet[SalaryObservation, Decimal]", position: float) -> float:
    below = int(position)
    values = [float(value) for value in ordered[below : below + 2]]
    return values[0] + (position - below) * (values[-1] - values[0])


_TOPS = {
    "top_states": "state",
    "top_locations": "location",
    "top_work_models": "work_model",
    "top_sources": "source",
}


def _insights(role: str, filters: Filters) -> Json:
    """Sums over cells; percentiles cannot be added up, so they are of the rows."""
    found: dict[str, dict[str, dict[str, _Tally]]] = defaultdict(lambda: {top: defaultdict(_Tally) for top in _TOPS})
    observed: dict[str, int] = defaultdict(int)
    for cell in _cells([role], filters):
        tally = _tally(cell)
        observed[cell["currency"]] += tally.observations
        for top, column in _TOPS.items():
            if value := cell[column]:
                found[cell["currency"]][top][value].add(tally)
    if observed:
        currency = min(observed, key=lambda code: (-observed[code], code))
        filters = {**filters, "currency": currency}
    else:
        currency = ""
    return {
        "role": role,
        "filters": echo(role, filters),
        "percentiles": percentiles(SalaryObservation.objects.filter(role=role, **filters)),
        **{top: _best(tallies) for top, tallies in found[currency].items()},
    }


def _best(tallies: Mapping[str, _Tally]) -> list[Json]:
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].total / item[1].observations, item[0]))
    return [
        {
            "name": name,
            "observations": tally.observations,
            "average_total_compensation": _average(tally.total, tally.observations),
        }
        for name, tally in ordered[:TOP]
    ]


# --- Filters ---------------------------------------------------------------------------------------------------------


def _choices() -> Json:
    rows = SalaryObservation.objects.order_by()
    return {
        f"{name}s": sorted(rows.exclude(**{name: ""}).values_list(name, flat=True).distinct())
        for name in ("role", "state", "level", "work_model")
    }


# --- Amounts ---------------------------------------------------------------------------------------------------------


def money(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def _average(total: Decimal | None, count: int) -> float | None:
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
