"""CloudWatch as far as alarms need it: metric math of some functions, and when an alarm fires.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from modules.observability.alarm import Alarm

Figures = Sequence[float | None]
"""Of one period after the other, the oldest first; None where CloudWatch has none."""
State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

MIDNIGHT = datetime(2028, 1, 3, tzinfo=UTC)
"""A Monday's."""

_Series = list[float | None]
_Value = float | _Series
_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type, Callable[[float, float], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.LtE: operator.le,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
}
_BEYOND: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def evaluate(
    expression: str, metrics: Mapping[str, Figures], period_seconds: int = 60, start: datetime = MIDNIGHT
) -> _Series:
    """The series that an expression makes of metrics, each a list of the same length, the first figure at `start`.

    Raises ValueError for anything that an alarm here may not use.
    """
    lengths = {len(figures) for figures in metrics.values()}
    if len(lengths) != 1:
        raise ValueError(f"the metrics have {sorted(lengths)} figures")
    # Metric math writes AND and OR, and is an expression of Python otherwise.
    tree = ast.parse(re.sub(r"\b(AND|OR)\b", lambda found: found[0].lower(), expression), mode="eval")
    found = _Math(metrics, period_seconds, lengths.pop(), start).value(tree.body)
    if not isinstance(found, list):
        raise ValueError(f"{expression} is not a series")  # noqa: TRY004  (it is the expression that is wrong)
    return found


class _Math:
    def __init__(self, metrics: Mapping[str, Figures], period_seconds: int, length: int, start: datetime) -> None:
        self._metrics, self._period_seconds, self._length = metrics, period_seconds, length
        self._moments = [start + index * timedelta(seconds=period_seconds) for index in range(length)]

    def value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._metrics:
                return [*self._metrics[name]]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self._each(_ARITHMETIC[type(op)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._each(_COMPARISONS[type(op)], self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=values):
                return self._logical(all if isinstance(op, ast.And) else any, [self.value(each) for each in values])
            case ast.Call(func=ast.Name(id="FILL"), args=[series, filler]):
                return self._fill(self._series(self.value(series)), filler)
            case ast.Call(func=ast.Name(id="RATE" | "DIFF" | "HOUR" | "DAY" as function), args=[series]):
                return self._of_one(function, self._series(self.value(series)))
            case ast.Call(func=ast.Name(id="IF"), args=[condition, *values]) if len(values) in (1, 2):
                return self._if(self._series(self.value(condition)), [self.value(each) for each in values])
        raise ValueError(f"{ast.unparse(node)} is not metric math that an alarm may use")

    def _series(self, value: _Value) -> _Series:
        return value if isinstance(value, list) else [value] * self._length

    def _each(self, operation: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
        """A missing figure beside one that is there counts as 0. A division by zero drops the figure."""
        if not isinstance(left, list) and not isinstance(right, list):
            return float(operation(left, right))
        series = [value for value in (left, right) if isinstance(value, list)]

        def at(index: int) -> float | None:
            if all(each[index] is None for each in series):
                return None
            a, b = (self._series(value)[index] or 0.0 for value in (left, right))
            return None if operation is operator.truediv and b == 0 else float(operation(a, b))

        return [at(index) for index in range(self._length)]

    def _logical(self, operation: Callable[[Sequence[bool]], bool], values: list[_Value]) -> _Series:
        """A missing figure beside one that is there counts as 0, as in AWS's example of AND."""
        columns = zip(*(self._series(value) for value in values), strict=True)
        return [
            None if all(one is None for one in each) else float(operation([bool(one) for one in each]))
            for each in columns
        ]

    def _fill(self, series: _Series, filler: ast.expr) -> _Series:
        if not isinstance(filler, ast.Name) or filler.id != "REPEAT":
            fillers = self._series(self.value(filler))
            return [fillers[index] if each is None else each for index, each in enumerate(series)]
        filled: _Series = []
        for each in series:
            filled.append(each if each is not None or not filled else filled[-1])
        return filled

    def _of_one(self, function: str, series: _Series) -> _Series:
        """HOUR and DAY: "a new non-sparse time series where each value is based on its timestamp", in UTC."""
        if function == "HOUR":
            return [float(each.hour) for each in self._moments]
        if function == "DAY":
            return [float(each.isoweekday()) for each in self._moments]
        if function == "RATE":
            return self._rate(series)
        before = [None, *self._fill(series, ast.Name("REPEAT"))[:-1]]
        return [None if None in pair else pair[0] - pair[1] for pair in zip(series, before, strict=True)]  # type: ignore[operator]

    def _rate(self, series: _Series) -> _Series:
        """By the figure before, however long ago that was."""
        found: _Series = []
        before: tuple[int, float] | None = None
        for index, each in enumerate(series):
            is_first = each is None or before is None
            found.append(
                None if is_first else (each - before[1]) / (index - before[0]) / self._period_seconds  # type: ignore[operator,index]
            )
            before = before if each is None else (index, each)
        return found

    def _if(self, conditions: _Series, values: list[_Value]) -> _Series:
        """Where the condition holds, a missing figure is 0; where it does not, it is dropped."""
        then, otherwise = (
            self._series(values[0]),
            self._series(values[1]) if len(values) == 2 else [None] * self._length,
        )
        return [
            None if condition is None else (then[index] or 0.0) if condition else otherwise[index]
            for index, condition in enumerate(conditions)
        ]


def figures(alarm: Alarm, metrics: Mapping[str, Figures], start: datetime = MIDNIGHT) -> _Series:
    """What an alarm compares with its threshold, where its metrics were these."""
    if set(metrics) != set(alarm.metrics):
        raise ValueError(f"{alarm.name} watches {', '.join(alarm.metrics)}")
    if alarm.expression is None:
        (only,) = metrics.values()
        return [*only]
    return evaluate(alarm.expression, metrics, alarm.period_seconds, start)


def state(alarm: Alarm, metrics: Mapping[str, Figures], before: State = "OK", start: datetime = MIDNIGHT) -> State:
    """The state of an alarm after these figures, where it was in `before`."""
    return _state(
        [
            each is not None and _BEYOND[alarm.comparison](each, alarm.threshold) if each is not None else None
            for each in figures(alarm, metrics, start)
        ],
        alarm,
        before,
    )


def fires(alarm: Alarm, metrics: Mapping[str, Figures]) -> int | None:
    """After how many periods it first fires; None: never."""
    length = len(next(iter(metrics.values())))
    for end in range(alarm.periods, length + 1):
        if state(alarm, {name: each[:end] for name, each in metrics.items()}) == "ALARM":
            return end
    return None


def _state(breaching: Sequence[bool | None], alarm: Alarm, before: State) -> State:
    """Of figures that breach, do not, or are missing.

    CloudWatch looks at more than it evaluates, in case some are missing: how many more it does not say, and in its
    examples it is two.
    """
    last = breaching[-(alarm.periods + 2) :]
    real, treatment = [each for each in last if each is not None], alarm.missing.treatment
    if len(real) >= alarm.periods:
        return _fired(sum(real[-alarm.periods :]), alarm)
    if treatment == "breaching":
        return _fired(sum(real) + alarm.periods - len(real), alarm)
    if treatment == "notBreaching" or False in real or sum(real) >= alarm.datapoints:
        return _fired(sum(real), alarm)
    if treatment == "ignore":
        return before
    # One that breached so long ago that what followed would be enough to fire.
    recent = breaching[-alarm.periods :]
    return "ALARM" if True in recent[: len(recent) - alarm.datapoints + 1] else "INSUFFICIENT_DATA"


def _fired(breaching: int, alarm: Alarm) -> State:
    return "ALARM" if breaching >= alarm.datapoints else "OK"
