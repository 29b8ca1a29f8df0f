"""What the API answers, out of the database.

Amounts of different currencies are never added up: the summary keeps them apart, and insights are about one currency,
the one asked for or else the one most observed, which their `filters` name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Aggregate, Avg, Count, FloatField, Max, Min, QuerySet, Sum

from salaries.models import SalaryObservation, SalaryRoleAggregate

FILTERS = ("location", "country", "state", "level", "currency", "work_model")
FILTERS_KEY = "salaries:filters"
FILTERS_SECONDS = 300
TOP = 5

Json = dict[str, Any]
Filters = Mapping[str, str]
"""Values of some of FILTERS. Fields bring them into their canonical spelling."""


def summary(role: str, filters: Filters) -> Json:
    if not filters and (aggregate := SalaryRoleAggregate.objects.filter(role=role).first()):
        return aggregate.summary
    return _summaries([role], filters)[role]


def comparison(roles: Iterable[str], filters: Filters) -> list[Json]:
    """A summary of every role, in the order of their names."""
    wanted = sorted(set(roles))
    known: dict[str, Json] = {}
    if not filters:
        known = dict(SalaryRoleAggregate.objects.filter(role__in=wanted).values_list("role", "summary"))
    if missing := [role for role in wanted if role not in known]:
        known |= _summaries(missing, filters)
    return [known[role] for role in wanted]


def insights(role: str, filters: Filters) -> Json:
    if not filters and (aggregate := SalaryRoleAggregate.objects.filter(role=role).first()):
        return aggregate.insights
    return _insights(role, filters)


def computed(role: str) -> Json:
    """The fields of the role's aggregate, from its rows."""
    return {"summary": _summaries([role], {})[role], "insights": _insights(role, {})}


def choices() -> Json:
    """The values that filters can have."""
    return cache.get_or_set(FILTERS_KEY, _choices, FILTERS_SECONDS) or _choices()


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
    sum_of_minimums: Decimal = Decimal(0)
    maximum: Decimal | None = None
    maximums: int = 0
    sum_of_maximums: Decimal = Decimal(0)

    def add(self, cell: Mapping[str, Any]) -> None:
        self.observations += cell["observations"]
        self.total += cell["total"]
        self.lowest_total = _least(self.lowest_total, cell["lowest_total"])
        self.highest_total = _most(self.highest_total, cell["highest_total"])
        self.minimum = _least(self.minimum, cell["minimum"])
        self.minimums += cell["minimums"]
        self.sum_of_minimums += cell["sum_of_minimums"] or 0
        self.maximum = _most(self.maximum, cell["maximum"])
        self.maximums += cell["maximums"]
        self.sum_of_maximums += cell["sum_of_maximums"] or 0


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


@dataclass(slots=True)
class _Currency:
    tally: _Tally = field(default_factory=_Tally)
    sources: dict[str, _Tally] = field(default_factory=dict)

    def add(self, cell: Mapping[str, Any]) -> None:
        self.tally.add(cell)
        self.sources.setdefault(cell["source"], _Tally()).add(cell)


@dataclass(slots=True)
class _Group:
    currencies: dict[str, _Currency] = field(default_factory=dict)

    def add(self, cell: Mapping[str, Any]) -> None:
        self.currencies.setdefault(cell["currency"], _Currency()).add(cell)

    @property
    def observations(self) -> int:
        return sum(currency.tally.observations for currency in self.currencies.values())

    def answer(self) -> list[Json]:
        ordered = sorted(self.currencies.items(), key=lambda item: (-item[1].tally.observations, item[0]))
        return [_currency_answer(code, currency) for code, currency in ordered]


def _currency_answer(code: str, currency: _Currency) -> Json:
    tally = currency.tally
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
            for name, source in sorted(currency.sources.items())
        ],
    }


def _summaries(roles: list[str], filters: Filters) -> dict[str, Json]:
    """One pass over the rows: every group of the answer is a sum over the cells of a single GROUP BY."""
    views = ("level", "state", "work_model")
    wholes = {role: _Group() for role in roles}
    groups: dict[str, dict[str, dict[str, _Group]]] = {role: {view: {} for view in views} for role in roles}
    cells = (
        SalaryObservation.objects.filter(role__in=roles, **filters)
        .order_by()
        .values("role", "currency", "source", *views)
        .annotate(**_CELL)
    )
    for cell in cells.iterator():
        wholes[cell["role"]].add(cell)
        for view in views:
            if value := cell[view]:  # where a source does not say, there is nothing to name
                groups[cell["role"]][view].setdefault(value, _Group()).add(cell)

    def answers(role: str, view: str) -> list[Json]:
        return [
            {view: value, "observations": group.observations, "currencies": group.answer()}
            for value, group in sorted(groups[role][view].items())
        ]

    return {
        role: {
            "role": role,
            "filters": echo(role, filters),
            "total_observations": whole.observations,
            "currencies": whole.answer(),
            "levels": answers(role, "level"),
            "states": answers(role, "state"),
            "work_models": answers(role, "work_model"),
        }
        for role, whole in wholes.items()
    }


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


def _insights(role: str, filters: Filters) -> Json:
    rows = SalaryObservation.objects.filter(role=role, **filters)
    if "currency" not in filters:
        most = rows.order_by().values("currency").annotate(n=Count("pk")).order_by("-n", "currency").first()
        if most:
            filters = {**filters, "currency": most["currency"]}
            rows = rows.filter(currency=most["currency"])
    return {
        "role": role,
        "filters": echo(role, filters),
        "percentiles": percentiles(rows),
        "top_states": _top(rows, "state"),
        "top_locations": _top(rows, "location"),
        "top_work_models": _top(rows, "work_model"),
        "top_sources": _top(rows, "source"),
    }


def _top(rows: QuerySet[SalaryObservation], column: str) -> list[Json]:
    best = (
        rows.exclude(**{column: ""})
        .order_by()
        .values(column)
        .annotate(observations=Count("pk"), average=Avg("total_compensation"))
        .order_by("-average", column)[:TOP]
    )
    return [
        {
            "name": row[column],
            "observations": row["observations"],
            "average_total_compensation": money(row["average"]),
        }
        for row in best
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


def _average(total: Decimal, count: int) -> float | None:
    return money(total / count) if count else None


def _least(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((value for value in (one, other) if value is not None), default=None)
