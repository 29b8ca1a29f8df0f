"""What the API answers, out of the database.

Insights are about one currency, the one asked for or else the one most observed, which their `filters` name.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, F, FloatField, Max, Min, QuerySet, Sum, Value

from salaries import cache
from salaries.models import DIMENSIONS, SalaryCell, SalaryObservation, SalaryRoleAggregate
from salaries.tally import Group, Json, Tally, best, counted, money, unpacked

MOST_NAMED = 50
"""How many values an error names."""

FILTERS = ("location", "country", "state", "level", "currency", "work_model")

Filters = Mapping[str, str]
"""Values of some of FILTERS. Fields bring them into their canonical spelling."""


class UnknownValue(ValueError):
    """No observation has a value that is asked for. Says which values there are."""


def summary(role: str, filters: Filters) -> Json:
    return comparison([role], filters)[0]


def comparison(roles: list[str], filters: Filters) -> list[Json]:
    """A summary of every role, in the order of their names. Raises UnknownValue."""
    if filters:
        return cache.remembered(["comparison", roles, filters], lambda: _ordered(_existing(roles, filters)))
    known = dict(SalaryRoleAggregate.objects.filter(role__in=roles).values_list("role", "summary"))
    if missing := [role for role in roles if role not in known]:
        known |= _existing(missing, filters)
    return _ordered(known)


def insights(role: str, filters: Filters) -> Json:
    """Raises UnknownValue."""
    if filters:
        return cache.remembered(["insights", role, filters], lambda: _insights(role, filters))
    aggregate = SalaryRoleAggregate.objects.filter(role=role).first()
    return aggregate.insights if aggregate else _insights(role, filters)


def computed(role: str) -> Json:
    """The fields of the role's aggregate."""
    return {"summary": _summaries([role], {})[role], "insights": _insights(role, {})}


def choices() -> Json:
    """The values that filters can have."""
    return cache.remembered(["choices"], _choices)


def _existing(roles: list[str], filters: Filters) -> dict[str, Json]:
    summaries = _summaries(roles, filters)
    if empty := [role for role, summary in summaries.items() if not summary["total_observations"]]:
        _refuse_unknown(empty, filters)
    return summaries


def _refuse_unknown(roles: list[str], filters: Filters) -> None:
    """Where nothing is found, either nothing has all these values or one of them does not exist."""
    asked = {"role": roles, **{name: [value] for name, value in filters.items()}}
    lines = []
    for name, values in asked.items():
        missing = [value for value in values if not SalaryObservation.objects.filter(**{name: value}).exists()]
        if missing:
            known = cache.remembered(["values", name], partial(_values, name))
            more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
            remedy = f"use one of {', '.join(known[:MOST_NAMED])}{more}" if known else "no data is loaded"
            lines.append(f"{name}: there is no {', '.join(map(repr, missing))}: {remedy}")
    if lines:
        raise UnknownValue("; ".join(lines))


def _ordered(summaries: Mapping[str, Json]) -> list[Json]:
    return [summary for _, summary in sorted(summaries.items())]


def echo(role: str, filters: Filters) -> Json:
    return {"role": role, **{name: filters.get(name) for name in FILTERS}}


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


_SUMS = {
    "observations": Sum("observations"),
    "total": Sum("total"),
    "lowest_total": Min("lowest_total"),
    "highest_total": Max("highest_total"),
    "minimum": Min("minimum"),
    "minimums": Sum("minimums"),
    "sum_of_minimums": Sum("sum_of_minimums"),
    "maximum": Max("maximum"),
    "maximums": Sum("maximums"),
    "sum_of_maximums": Sum("sum_of_maximums"),
}


def _sums(
    roles: list[str], filters: Filters, views: Collection[str], names: Iterable[str] = tuple(_SUMS)
) -> Iterator[tuple[str, str, Json]]:
    """A column of `views`, one of its values, and the sums of that value by role, currency and source.

    The database adds the cells up, once for each view. The cells of a role are forgotten when a row of it is written;
    then they are made out of the rows, and come as they are.
    """
    sums = {name: _SUMS[name] for name in names}
    by_view = [
        SalaryCell.objects.filter(role__in=roles, **filters)
        .values("role", "currency", "source", view=Value(view), value=F(view))
        .annotate(**sums)
        for view in views
    ]
    found = set()
    row: Any  # its columns are data
    for row in by_view[0].union(*by_view[1:], all=True).iterator():
        found.add(row["role"])
        yield row["view"], row["value"], row
    if missing := [role for role in roles if role not in found]:
        for cell in cells_of_rows(missing, filters).iterator():
            for view in views:
                yield view, cell[view], cell


def _summaries(roles: list[str], filters: Filters) -> dict[str, Json]:
    views = ("level", "state", "work_model")
    wholes = {role: Group() for role in roles}
    groups: dict[str, dict[str, dict[str, Group]]] = {
        role: {view: defaultdict(Group) for view in views} for role in roles
    }
    for view, value, row in _sums(roles, filters, views):
        role, tally = row["role"], Tally.of(row)
        if view == views[0]:  # each view is of all observations
            wholes[role].add(row, tally)
        if value:  # where a source does not say, there is nothing to name
            groups[role][view][value].add(row, tally)

    def answers(role: str, view: str) -> list[Json]:
        return [counted({view: value}, group) for value, group in sorted(groups[role][view].items())]

    return {
        role: {
            "role": role,
            "filters": echo(role, filters),
            **counted({}, whole, "total_observations"),
            "levels": answers(role, "level"),
            "states": answers(role, "state"),
            "work_models": answers(role, "work_model"),
        }
        for role, whole in wholes.items()
    }


class _PercentileCont(Aggregate):
    """PostgreSQL's continuous percentile: between two values it takes the point between them."""

    function = "PERCENTILE_CONT"
    name = "PercentileCont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


FRACTIONS = {"p25": 0.25, "median": 0.5, "p75": 0.75}


def percentiles(role: str, filters: Filters) -> Json:
    """Out of the amounts of the cells; out of the rows, where a write or an earlier release left none."""
    cells = SalaryCell.objects.filter(role=role, **filters).values_list("amounts", flat=True)
    amounts = [packed for packed in cells if packed is not None]
    if not amounts or len(amounts) < len(cells):
        return percentiles_of_rows(SalaryObservation.objects.filter(role=role, **filters))
    ordered = sorted(unpacked(amounts))
    last = len(ordered) - 1
    return {name: money(_interpolated(ordered, last * at, unit=100)) for name, at in FRACTIONS.items()}


def percentiles_of_rows(rows: QuerySet[SalaryObservation]) -> Json:
    if connection.vendor == "postgresql":
        found = rows.aggregate(**{name: _PercentileCont("total_compensation", at) for name, at in FRACTIONS.items()})
        return {name: money(value) for name, value in found.items()}
    ordered = rows.order_by("total_compensation").values_list("total_compensation", flat=True)
    last = ordered.count() - 1
    return {name: money(_interpolated(ordered, last * at) if last >= 0 else None) for name, at in FRACTIONS.items()}


def _interpolated(
    ordered: "QuerySet[SalaryObservation, Decimal] | list[int]", position: float, *, unit: int = 1
) -> float:
    below = int(position)
    values = [float(value) / unit for value in ordered[below : below + 2]]
    return values[0] + (position - below) * (values[-1] - values[0])


_TOPS = {
    "top_states": "state",
    "top_locations": "location",
    "top_work_models": "work_model",
    "top_sources": "source",
}


def _insights(role: str, filters: Filters) -> Json:
    found: dict[str, dict[str, dict[str, Tally]]] = defaultdict(lambda: {top: defaultdict(Tally) for top in _TOPS})
    observed: dict[str, int] = defaultdict(int)
    tops = {column: top for top, column in _TOPS.items()}
    for column, value, row in _sums([role], filters, tops, ("observations", "total")):
        tally = Tally.of(row)
        if column == "source":  # each column is of all observations
            observed[row["currency"]] += tally.observations
        if value:
            found[row["currency"]][tops[column]][value].add(tally)
    if observed:
        currency = min(observed, key=lambda code: (-observed[code], code))
        filters = {**filters, "currency": currency}
    else:
        _refuse_unknown([role], filters)
        currency = ""
    return {
        "role": role,
        "filters": echo(role, filters),
        "percentiles": percentiles(role, filters),
        **{top: best(tallies) for top, tallies in found[currency].items()},
    }


def _choices() -> Json:
    return {f"{name}s": _values(name) for name in ("role", "state", "level", "work_model")}


def _values(name: str) -> list[str]:
    rows = SalaryObservation.objects.order_by().exclude(**{name: ""})
    return sorted(rows.values_list(name, flat=True).distinct())
