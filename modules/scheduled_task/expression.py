"""Expressions of EventBridge Scheduler, which are not those of cron.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from modules.validation import Problem, show

HOURS_A_MONTH = 730
_DAYS_A_MONTH = Fraction(HOURS_A_MONTH, 24)
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_RATE = re.compile(r"rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9][0-9]?))?")


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
_LEAP_YEAR = 2000


def expression_rules(field: str, expression: str) -> Iterator[Problem]:
    """`rate(5 minutes)`, `cron(30 3 ? * MON-FRI *)` or `at(2027-01-31T03:30:00)`."""
    if _RATE.fullmatch(expression):
        return
    if cron := _CRON.fullmatch(expression):
        yield from _cron_rules(field, cron.groups())
    elif at := _AT.fullmatch(expression):
        try:
            datetime.fromisoformat(at[1])
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


def is_endless(expression: str) -> bool:
    """Whether it comes again and again, in each year."""
    if not (cron := _CRON.fullmatch(expression)):
        return is_rate(expression)
    of_month, months = cron[_DAY_OF_MONTH + 1].rstrip("W"), _FIELDS[_MONTH].values(cron[_MONTH + 1])
    days = {1} if of_month in ("?", "L") else _FIELDS[_DAY_OF_MONTH].values(of_month)
    most = max(calendar.monthrange(_LEAP_YEAR, month)[1] for month in months)
    return cron[_YEAR + 1] == "*" and min(days) <= most


def may_coincide(expression: str, other: str) -> bool:
    """Whether both may come at the same minute, where they are read in one time zone."""
    one, two = _CRON.fullmatch(expression), _CRON.fullmatch(other)
    if not one or not two:
        return expression == other
    pairs = zip(_FIELDS, one.groups(), two.groups(), strict=True)
    return all(_matching(field, text) & _matching(field, its) for field, text, its in pairs)


def _matching(field: _Field, text: str) -> set[int]:
    """The values that may match: all of them where which ones follows from the month."""
    return field.values("*" if re.fullmatch(field.others, text) else text)


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
