"""An alarm as data: what it watches, when it fires, what that means, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Topic = Literal["urgent", "notices"]
"""Whom it tells: "urgent" wakes somebody, "notices" can wait until the morning."""
Comparison = Literal[">", "<", ">=", "<="]

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_DESCRIPTION = 1024
METRICS_OF_AN_ALARM = 10
DAY_SECONDS = 24 * 3600


def runbook(section: str) -> str:
    """Where a section of the runbooks is, from the root of the repository."""
    return f"docs/runbooks.md#{section}"


class Missing(NamedTuple):
    """What a period without a figure means.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """

    treatment: Literal["missing", "ignore", "breaching", "notBreaching"]
    reason: str


QUIET = Missing("notBreaching", "figures come only while there is something to count")
SILENT = Missing("breaching", "figures come every minute, so silence means that nothing runs")
UNKNOWN = Missing("missing", "figures come every minute, and the event database-failure reports a failure")
UNREPORTED = Missing("missing", "figures come every minute, and only errors of the application report a failure")
STOPPED = Missing("notBreaching", "figures come every minute while tasks are wanted, and scaling may want none")
ENDED = Missing("ignore", "figures end when the certificate does, which is no recovery")


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric of CloudWatch, and which of its statistics."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    """`Average`, `Sum`, `Maximum`, `Minimum`, or in an expression a percentile such as `p95`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Fires when `datapoints` of the last `periods` figures are beyond the threshold."""

    name: str
    """Within the environment, such as `web-cpu`."""
    title: str
    """What is shown, with its unit, such as `CPU of web (%)`."""
    topic: Topic
    meaning: str
    """What it means for users."""
    command: str
    """What to type next."""
    runbook: str
    """The section of docs/runbooks.md that says what to look at and what to do, such as `service-cpu`."""
    metrics: Mapping[str, Metric]
    """By the name that the expression has for each: a lower-case letter, then letters, digits and underscores."""
    expression: str | None = None
    """Metric math over them, with + - * / AND OR IF FILL DIFF RATE HOUR and DAY. None: the one metric itself.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html"""
    drawn: str | None = None
    """The metric that the dashboard draws in place of the expression. None: the expression."""
    comparison: Comparison
    threshold: float
    period_seconds: int
    periods: int = 1
    datapoints: int = 1
    missing: Missing

    @property
    def description(self) -> str:
        """What the notification says."""
        return _description(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompositeAlarm:
    """Fires while its rule over other alarms holds."""

    name: str
    title: str
    topic: Topic
    meaning: str
    command: str
    runbook: str
    """As of an alarm."""
    any_of: tuple[tuple[str, ...], ...] = field(default=())
    """Names of alarms: all of a group together make it fire, any one group is enough."""

    @property
    def description(self) -> str:
        """What the notification says."""
        return _description(self)

    def rule(self, prefix: str) -> str:
        """As CloudWatch writes it: `ALARM("a") OR (ALARM("b") AND ALARM("c"))`."""
        groups = [" AND ".join(f'ALARM("{prefix}-{name}")' for name in group) for group in self.any_of]
        return " OR ".join(f"({group})" if " AND " in group else group for group in groups)


def _description(alarm: Alarm | CompositeAlarm) -> str:
    """The link is followed by nothing that a mail program would take for a part of it."""
    return f"{alarm.meaning} Next: {alarm.command} Runbook: {runbook(alarm.runbook)}"
