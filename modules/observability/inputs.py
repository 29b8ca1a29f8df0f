"""Inputs of alarms and of the dashboard."""

from __future__ import annotations

from collections.abc import Iterator

from modules.validation import Problem, inputs, show


@inputs
class ObservabilityInputs:
    """Alarms on everything that an environment has, whose thresholds follow from its sizes, and one dashboard.

    docs/alarms.md lists them, with what each means and the next command.
    """

    cpu_percent: int = 80
    """Of tasks, of the database and of Redis on nodes with more than two vCPUs, for ten minutes: 10 to 95."""
    memory_percent: int = 80
    """Of tasks and of Redis, for ten minutes: 10 to 95."""
    errors: int = 5
    """Answers with a 5xx in five minutes that are still usual: 0 to 1000000."""
    error_percent: int = 1
    """And their share of all answers: 1 to 100."""
    response_ms: int = 2000
    """In which 95 of 100 requests are answered: 10 to 60000."""
    least_requests: int = 40
    """In a minute: with fewer, slow answers do not count. 1 to 1000000. Below 10 / (1 - percentile) requests, which are
    200 in the five minutes that are judged, AWS calls a percentile insignificant; choose fewer where traffic is low.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html"""
    full_days: int = 3
    """How long before its disk is full the database is reported: 1 to 30."""
    certificate_days: int = 30
    """How long before its end a certificate is reported: 1 to 45. ACM renews 60 days before, and imports nothing."""
    queue_minutes: int = 30
    """How long a queue may be without a moment in which nothing waits: 10 to 1440."""
    log_mib_an_hour: int = 256
    """Of logs that each task may write: 1 to 1000000."""
    database_memory_gib: int | None = None
    """Of the database's instance class, where that is newer than the table here: 1 to 8192."""
    dashboard: bool = True
    """The first three of an account with up to 50 metrics each are free: https://aws.amazon.com/cloudwatch/pricing/."""

    def rules(self) -> Iterator[Problem]:
        ranges = {
            "cpu_percent": (10, 95),
            "memory_percent": (10, 95),
            "errors": (0, 1_000_000),
            "error_percent": (1, 100),
            "response_ms": (10, 60_000),
            "least_requests": (1, 1_000_000),
            "full_days": (1, 30),
            "certificate_days": (1, 45),
            "queue_minutes": (10, 1440),
            "log_mib_an_hour": (1, 1_000_000),
            "database_memory_gib": (1, 8192),
        }
        for field, (low, high) in ranges.items():
            value = getattr(self, field)
            if value is not None and not low <= value <= high:
                yield Problem(field, f"got {show(value)}", f"choose {low} to {high}")
