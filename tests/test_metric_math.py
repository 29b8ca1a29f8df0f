"""Metric math and the states of alarms, by the examples in AWS's own pages."""

from __future__ import annotations

import pytest

from modules.observability.alarm import Alarm, Metric, Missing
from tests.metric_math import Figures, State, evaluate, fires, state

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
COMPARED: dict[str, Figures] = {"metric1": [30, 20, 0, 0], "metric2": [20, None, 20, None]}
CHOSEN: dict[str, Figures] = {
    "metric1": [1, 1, 0, 0, None],
    "metric2": [30, None, 0, 0, 30],
    "metric3": [0, 0, 20, None, 20],
}


@pytest.mark.parametrize(
    ("expression", "metrics", "expected"),
    [
        ("(metric1 < metric2)", COMPARED, [0, 0, 1, 0]),
        ("(metric1 >= 30)", COMPARED, [1, 0, 0, 0]),
        ("(metric1 > 15 AND metric2 > 15)", COMPARED, [1, 0, 0, 0]),
        ("IF(metric1, metric2, metric3)", CHOSEN, [30, 0, 20, None, None]),
        ("IF(metric1, 5, metric3)", CHOSEN, [5, 5, 20, None, None]),
        ("IF(metric1, metric2, 5)", CHOSEN, [30, 0, 5, 5, None]),
        ("IF(metric1 < 400, 10, 2)", {"metric1": [399, 400]}, [10, 2]),
        ("IF(metric1 < 400, metric1)", {"metric1": [399, 400]}, [399, None]),
        ("FILL(m1, 10)", {"m1": [1, None, 3]}, [1, 10, 3]),
        ("FILL(m1, REPEAT)", {"m1": [None, 1, None, None]}, [None, 1, 1, 1]),
        # "Missing values in a time series are treated as 0."
        ("m1 + m2", {"m1": [1, None, None], "m2": [2, 2, None]}, [3, 2, None]),
        # "If the value of a data point causes a function to attempt to divide by zero, the data point is dropped."
        ("100 * m1 / m2", {"m1": [1, 1], "m2": [4, 0]}, [25, None]),
        # By the time between the two figures.
        ("RATE(m1)", {"m1": [60, 120, None, 60]}, [None, 1, None, -0.5]),
        # From 1 for Monday to 7, from 0 to 23, in UTC: https://aws.amazon.com/blogs/mt/enhance-cloudwatch-metrics-with-metric-math-functions/
        ("10 * DAY(m1) + HOUR(m1)", {"m1": [None, 5]}, [10, 10]),
        ("IF(DAY(m1) < 6 AND HOUR(m1) >= 1, m1)", {"m1": [1, 1]}, [None, None]),
        # "The difference between each value in the time series and the preceding value from that time series."
        ("DIFF(m1)", {"m1": [60, 120, None, 60]}, [None, 60, None, -60]),
    ],
)
def test_an_expression_is_what_aws_says(
    expression: str, metrics: dict[str, Figures], expected: list[float | None]
) -> None:
    assert evaluate(expression, metrics) == expected


@pytest.mark.parametrize("expression", ["AVG(m1)", "m1 ** 2", "m2 + 1", "1 + 1", "-m1", "RATE(m1, 1)"])
def test_what_no_alarm_may_use_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        evaluate(expression, {"m1": [1, 2]})


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
LACKING: State = "INSUFFICIENT_DATA"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
# None in a row: the state stays what it was.
EXAMPLES: dict[tuple[int, str], tuple[State | None, ...]] = {
    (3, "0-X-X"): ("OK", "OK", "OK", "OK"),
    (3, "0----"): ("OK", "OK", "OK", "OK"),
    (3, "-----"): (LACKING, None, "ALARM", "OK"),
    (3, "0XX-X"): ("ALARM", "ALARM", "ALARM", "ALARM"),
    (3, "--X--"): ("ALARM", None, "ALARM", "OK"),
    # Named in the text below the tables: the next figure may be within the threshold.
    (3, "----X"): (LACKING, None, "ALARM", "OK"),
    (3, "---X-"): (LACKING, None, "ALARM", "OK"),
    (2, "0-X-X"): ("ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "00X0X"): ("ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0-X--"): ("OK", "OK", "ALARM", "OK"),
    (2, "----0"): ("OK", "OK", "ALARM", "OK"),
    (2, "---X-"): ("ALARM", None, "ALARM", "OK"),
}


def alarm(treatment: str = "missing", datapoints: int = 3) -> Alarm:
    return Alarm(
        name="m",
        title="m",
        topic="notices",
        meaning="M.",
        command="make status",
        runbook="m",
        metrics={"m": Metric(namespace="N", name="M", dimensions={}, statistic="Sum")},
        comparison=">",
        threshold=0,
        period_seconds=60,
        periods=3,
        datapoints=datapoints,
        missing=Missing(treatment, ""),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("datapoints", "figures"), EXAMPLES)
def test_an_alarm_is_in_the_state_that_aws_says(datapoints: int, figures: str) -> None:
    series = [{"0": 0.0, "X": 1.0, "-": None}[each] for each in figures]
    for before in ("OK", "ALARM"):
        found = tuple(state(alarm(each, datapoints), {"m": series}, before) for each in TREATMENTS)
        assert found == tuple(each or before for each in EXAMPLES[datapoints, figures])


def test_an_alarm_fires_with_the_figure_that_completes_its_datapoints() -> None:
    assert fires(alarm(), {"m": [0, 1, 1, 0, 1, 1, 1]}) == 7
    assert fires(alarm(), {"m": [1, 1, 0, 1, 1, 0]}) is None
