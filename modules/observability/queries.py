"""Saved queries of CloudWatch Logs Insights.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Query(NamedTuple):
    """A query over some log groups."""

    name: str
    log_group_names: Sequence[str]
    text: str


def queries(*, tasks: Sequence[str], postgresql: Sequence[str], redis: Sequence[str]) -> Iterator[Query]:
    """Those that there are log groups for: of tasks, of PostgreSQL's log, and of Redis's slow log."""
    errors = (
        "fields @timestamp, @log, @message",
        "filter @message like /(?i)(error|critical|traceback)/",
        "sort @timestamp desc",
        "limit 200",
    )
    volume = (
        "stats sum(strlen(@message)) / 1048576 as mib, count(*) as lines by @log, bin(1h)",
        "sort mib desc",
    )
    # As log_min_duration_statement writes it, which is 1000 ms unless `parameters` say otherwise.
    slow_queries = (
        "filter @message like /duration: /",
        "parse @message /duration: (?<ms>[0-9.]+) ms +(?<what>.*)/",
        "sort ms desc",
        "limit 50",
    )
    # In microseconds: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html
    slow_commands = (
        "fields @timestamp, Command, `Duration (us)` as us, ClientAddress",
        "sort us desc",
        "limit 50",
    )
    for name, groups, lines in (
        ("errors", tasks, errors),
        ("log-volume", tasks, volume),
        ("slow-queries", postgresql, slow_queries),
        ("slow-commands", redis, slow_commands),
    ):
        if groups:
            yield Query(name, groups, "\n| ".join(lines))
