"""Alarms of Redis on ElastiCache, node by node, since any of them may be the primary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.observability.alarm import QUIET, UNREPORTED, Alarm, Metric
from modules.observability.inputs import ObservabilityInputs
from modules.observability.metrics import metric

# All of these sizes have two vCPUs.
_TWO_VCPUS = re.compile(r"cache\.[cmrt][0-9][a-z]*\.(micro|small|medium|large)")
# Of nodes with up to two vCPUs AWS recommends the CPU of the node, at 90 % of the one that the engine uses:
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html
_PERCENT_OF_TWO_VCPUS = 45


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisGroup:
    """A replication group."""

    name: str
    """Within the environment: `redis`, or `redis-broker`."""
    nodes: Sequence[str]
    """The ids of its nodes."""
    node_type: str
    """As `cache.t4g.small`."""
    evicts: bool
    """Whether a full node gives up keys; otherwise it refuses to write."""

    def metric(self, node: str, name: str, statistic: str) -> Metric:
        """One of a node."""
        return metric("AWS/ElastiCache", name, statistic, {"CacheClusterId": node})


def alarms(group: RedisGroup, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    """Those of a group."""
    for number, node in enumerate(group.nodes, 1):
        name = f"{group.name}-{number}"
        if group.evicts:
            yield Alarm(
                name=f"{name}-evictions",
                title=f"Keys that {group.name}, node {number}, gave up (in 5 minutes)",
                topic="notices",
                meaning=f"{group.name} is full and gives up keys before their time, so that what was cached is "
                "computed again. Choose a larger node_type.",
                command=f"make status ENV={environment}",
                runbook="redis-evictions",
                metrics={"evicted": group.metric(node, "Evictions", "Sum")},
                comparison=">",
                # A cache that evicts at times does what it is for.
                threshold=1000,
                period_seconds=300,
                periods=3,
                datapoints=3,
                missing=QUIET,
            )
        else:
            yield Alarm(
                name=f"{name}-memory",
                title=f"Memory of {group.name}, node {number} (%)",
                topic="urgent",
                meaning=f"{group.name} is full to more than {inputs.memory_percent} %. When it is full it refuses to "
                "write, and no task is queued. Look for a queue that grows, or choose a larger node_type.",
                command=f"make status ENV={environment}",
                runbook="redis-memory",
                metrics={"used": group.metric(node, "DatabaseMemoryUsagePercentage", "Maximum")},
                comparison=">",
                threshold=inputs.memory_percent,
                period_seconds=300,
                periods=2,
                datapoints=2,
                missing=UNREPORTED,
            )
        yield _cpu(group, number, node, inputs, environment)
        if len(group.nodes) > 1:
            yield Alarm(
                name=f"{name}-lag",
                title=f"How far {group.name}, node {number}, lags behind (s)",
                topic="notices",
                meaning=f"A replica of {group.name} lags behind: if the primary fails now, what it lacks is lost.",
                command=f"make status ENV={environment}",
                runbook="redis-lag",
                metrics={"lag": group.metric(node, "ReplicationLag", "Maximum")},
                comparison=">",
                threshold=10,
                period_seconds=60,
                periods=5,
                datapoints=5,
                # A primary has no such figure.
                missing=QUIET,
            )


def _cpu(group: RedisGroup, number: int, node: str, inputs: ObservabilityInputs, environment: str) -> Alarm:
    """That of the engine's thread, or of the whole node where the engine shares two vCPUs with what else runs there."""
    is_small = _TWO_VCPUS.fullmatch(group.node_type) is not None
    return Alarm(
        name=f"{group.name}-{number}-cpu",
        title=f"CPU of {'' if is_small else 'the engine of '}{group.name}, node {number} (%)",
        topic="notices",
        meaning=f"{group.name} has one thread for commands, and that is busy: all clients wait. Look for slow "
        "commands in the saved query slow-commands.",
        command=f"make status ENV={environment}",
        runbook="redis-cpu",
        metrics={"used": group.metric(node, "CPUUtilization" if is_small else "EngineCPUUtilization", "Average")},
        comparison=">",
        threshold=_PERCENT_OF_TWO_VCPUS if is_small else inputs.cpu_percent,
        period_seconds=300,
        periods=2,
        datapoints=2,
        missing=UNREPORTED,
    )
