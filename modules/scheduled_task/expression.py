"""Expressions of EventBridge Scheduler, which are not those of cron.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from modules.validation import Problem, show

HOURS_A_MONTH = 730
_DAYS_A_MONTH = Fraction(HOURS_A_MONTH, 24)
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_RATE = re.compile(r"rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", re.ASCII)
_ITEM = re.compile(r"(?:\*|(?P<first>[0-9A-Za-z]+)(?:-(?P<last>[0-9A-Za-z]+))?)(?:/(?P<step>[1-9][0-9]?))?")


class _Field(NamedTuple):
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    """Of its values, from the least on."""
    others: str = "(?!)"
    """What else it takes, each of them a single day of a month."""

    def value(self, text: str) -> int:
        """Raises ValueError."""
        found = self.names.index(text.upper()) + self.least if text.upper() in self.names else int(text)
        if not self.least <= found <= self.most:
            raise ValueError(text)
        return found

    def values(self, text: str) -> set[int]:
        """The values that match. Raises ValueError."""
        found: set[int] = set()
        for item in text.split(","):
            match = _ITEM.fullmatch(item)
            if not match:
                raise ValueError(item)
            first, last, step = match["first"], match["last"], match["step"]
            start = self.value(first) if first else self.least
            end = self.value(last) if last else start if first and not step else self.most
            if end < start:
                raise ValueError(item)
            found.update(range(start, end + 1, int(step or 1)))
        return found


_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("the day of the month", 1, 31, others=r"\?|L|LW|(?:[1-9]|[12][0-9]|3[01])W"),
    _Field("the month", 1, 12, names=tuple(name.upper() for name in calendar.month_abbr if name)),
    _Field("the day of the week", 1, 7, names=_DAYS, others=rf"\?|L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])"),
    _Field("the year", 1970, 2199),
)
_DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK, _YEAR = 2, 3, 4, 5


def expression_rules(field: str, expression: str) -> Iterator[Problem]:
    """`rate(5 minutes)`, `cron(30 3 ? * MON-FRI *)` or `at(2027-01-31T03:30:00)`."""
    if _RATE.fullmatch(expression):
        return
    if cron := _CRON.fullmatch(expression):
        yield from _cron_rules(field, cron.groups())
    elif at := _AT.fullmatch(expression):
        try:
            _FIELDS[_YEAR].value(str(datetime.fromisoformat(at[1]).year))
        except ValueError:
            yield Problem(field, f"{show(at[1])} is not a time", 'write it as "at(2027-01-31T03:30:00)"')
    else:
        remedy = 'write "rate(5 minutes)", "cron(30 3 * * ? *)" with six fields, or "at(2027-01-31T03:30:00)"'
        yield Problem(field, f"{show(expression)} is not a schedule", remedy)


def is_rate(expression: str) -> bool:
    """Whether it counts from the moment at which it is made, whatever the time zone."""
    return expression.startswith("rate(")


def is_once(expression: str) -> bool:
    """Whether it starts something once."""
    return expression.startswith("at(")


def years(expression: str) -> set[int]:
    """The years in which it comes; empty where it comes in all of them."""
    if cron := _CRON.fullmatch(expression):
        text = cron[_YEAR + 1]
        return set() if text == "*" else _FIELDS[_YEAR].values(text)
    return {moment(expression, "UTC").year} if is_once(expression) else set()


def moment(expression: str, time_zone: str) -> datetime:
    """That of `at(…)`, in UTC."""
    found = datetime.fromisoformat(expression.removeprefix("at(").removesuffix(")"))
    return found.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


@functools.lru_cache(maxsize=512)
def times(expression: str, time_zone: str, first: date, last: date) -> tuple[datetime, ...]:
    """When cron(…) or at(…) comes on these days of its time zone, in UTC."""
    cron = _CRON.fullmatch(expression)
    if not cron:
        found = moment(expression, time_zone)
        return (found,) if first <= found.astimezone(ZoneInfo(time_zone)).date() <= last else ()
    minutes, hours, _, months, _, in_years = (
        set() if re.fullmatch(field.others, text) else field.values(text)
        for field, text in zip(_FIELDS, cron.groups(), strict=True)
    )
    zone, of_month, of_week = ZoneInfo(time_zone), cron[_DAY_OF_MONTH + 1], cron[_DAY_OF_WEEK + 1]
    found_in_all = []
    for year in range(first.year, last.year + 1):
        for month in months if year in in_years else ():
            days = _of_month(of_month, year, month) if of_week == "?" else _of_week(of_week, year, month)
            for day in sorted(days):
                if first <= date(year, month, day) <= last:
                    found_in_all += [
                        datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
                        for hour in hours
                        for minute in minutes
                    ]
    return tuple(sorted(found_in_all))


def _of_month(text: str, year: int, month: int) -> Iterator[int]:
    """The days of a month that a day of the month means."""
    last = calendar.monthrange(year, month)[1]
    if not re.fullmatch(_FIELDS[_DAY_OF_MONTH].others, text):
        yield from (day for day in _FIELDS[_DAY_OF_MONTH].values(text) if day <= last)
        return
    day = last if "L" in text else int(text.removesuffix("W"))
    if day <= last and text.endswith("W"):  # the nearest working day, in this month
        of_week = date(year, month, day).weekday()
        if of_week == calendar.SATURDAY:
            day += -1 if day > 1 else 2
        elif of_week == calendar.SUNDAY:
            day += 1 if day < last else -2
    if day <= last:
        yield day


def _of_week(text: str, year: int, month: int) -> Iterator[int]:
    """The days of a month that a day of the week means."""
    field, first, last = _FIELDS[_DAY_OF_WEEK], *calendar.monthrange(year, month)
    each = {(first + day) % 7 + 1: range(day, last + 1, 7) for day in range(1, 8)}  # by 1 for Sunday to 7
    if not re.fullmatch(field.others, text):
        yield from (day for number in field.values(text) for day in each[number])
    elif text == "L":
        yield from each[7]
    elif "#" in text:
        name, number = text.split("#")
        yield from each[field.value(name)][int(number) - 1 : int(number)]
    else:
        yield each[field.value(text.removesuffix("L"))][-1]


def starts_a_month(expression: str) -> Fraction:
    """How often something starts, on average. What starts once counts as once a month."""
    if rate := _RATE.fullmatch(expression):
        return Fraction(HOURS_A_MONTH * 60, int(rate[1]) * _MINUTES[rate[2]])
    if cron := _CRON.fullmatch(expression):
        return _cron_starts(cron.groups())
    return Fraction(1)


def _cron_rules(name: str, texts: tuple[str, ...]) -> Iterator[Problem]:
    for field, text in zip(_FIELDS, texts, strict=True):
        try:
            if not re.fullmatch(field.others, text):
                field.values(text)
        except ValueError:
            what = f"{show(text)} is not valid for {field.name}"
            remedy = f"use {field.least} to {field.most}, ranges from the lower to the higher, or * for all"
            yield Problem(name, what, remedy)
    if (texts[_DAY_OF_MONTH] == "?") == (texts[_DAY_OF_WEEK] == "?"):
        what = "the day of the month or that of the week must be ?, and not both"
        yield Problem(name, what, 'write "cron(30 3 * * ? *)" for each day, "cron(30 3 ? * MON *)" for Mondays')


def _cron_starts(texts: tuple[str, ...]) -> Fraction:
    minutes, hours, months = (len(_FIELDS[index].values(texts[index])) for index in (0, 1, 3))
    of_month, of_week = texts[_DAY_OF_MONTH], texts[_DAY_OF_WEEK]
    if of_week != "?":
        days = _days(_DAY_OF_WEEK, of_week) * _DAYS_A_MONTH / 7
    else:
        days = _days(_DAY_OF_MONTH, of_month) * _DAYS_A_MONTH / 31
    is_single = "L" in of_month + of_week or "W" in of_month or "#" in of_week
    return minutes * hours * (Fraction(1) if is_single else days) * Fraction(months, 12)


def _days(index: int, text: str) -> int:
    field = _FIELDS[index]
    return 1 if re.fullmatch(field.others, text) else len(field.values(text))
