"""Alarms of PostgreSQL on RDS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modules.observability.alarm import QUIET, UNKNOWN, Alarm, Metric
from modules.observability.inputs import ObservabilityInputs
from modules.observability.instance_class import earned_credits
from modules.observability.metrics import metric

GIB = 2**30


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """An instance of PostgreSQL, or its read replica."""

    name: str
    """Within the environment: `postgresql`, or `postgresql-replica`."""
    identifier: str
    instance_class: str
    memory_gib: int
    storage_gb: int
    max_storage_gb: int
    """Up to where RDS grows the storage; 0: never."""
    max_connections: int | None
    """As parameters set it; None: as RDS computes it."""
    is_replica: bool = False

    def metric(self, name: str, statistic: str = "Average") -> Metric:
        """One of its metrics."""
        return metric("AWS/RDS", name, statistic, {"DBInstanceIdentifier": self.identifier})

    @property
    def usual_connections(self) -> int:
        """What it can take without being nearly full.

        RDS computes LEAST(DBInstanceClassMemory/9531392, 5000), where DBInstanceClassMemory is what RDS and the
        operating system leave: of a class with 1 GiB about three quarters, of large ones nine tenths. So 65 % of what
        the first 2 GiB stand for are usual, 80 % of what the others do, and 90 % of the most that RDS allows.
        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
        """
        if self.max_connections is not None:
            return self.max_connections * 80 // 100
        first, whole = (gib * GIB // 9_531_392 for gib in (min(self.memory_gib, 2), self.memory_gib))
        return min(first * 65 // 100 + (whole - first) * 80 // 100, 4500)

    @property
    def least_free_gb(self) -> int:
        """RDS grows the storage at 10 %, so that less says that it does not."""
        return max(1, self.storage_gb * (5 if self.max_storage_gb else 10) // 100)


def alarms(database: Database, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    """Those of an instance."""
    yield from _storage(database, inputs, environment)
    yield from _load(database, inputs, environment)
    yield from _latency(database, environment)
    if earned := earned_credits(database.instance_class):
        least = earned.an_hour * 24 // 10
        yield Alarm(
            name=f"{database.name}-credits",
            title=f"CPU credits of {database.name}, while it uses more than it earns",
            topic="notices",
            meaning=f"{database.name} has less than a tenth of a day's CPU credits, and uses more than "
            f"{earned.baseline_percent} % of its CPU: what it uses beyond is paid, or slow. Choose a larger class, or "
            "one of m or r.",
            command=f"make cost ENV={environment}",
            runbook="postgresql-credits",
            metrics={"balance": database.metric("CPUCreditBalance"), "used": database.metric("CPUUtilization")},
            # A new instance has none and earns them, which is no reason to report it.
            expression=f"IF(used > {earned.baseline_percent}, balance, {earned.an_hour * 24})",
            comparison="<",
            threshold=least,
            period_seconds=300,
            periods=6,
            datapoints=6,
            missing=UNKNOWN,
        )
    if database.is_replica:
        yield Alarm(
            name=f"{database.name}-lag",
            title=f"How far {database.name} lags behind (s)",
            topic="notices",
            meaning="Readers of the replica see data that is older than a minute.",
            command=f"make status ENV={environment}",
            runbook="postgresql-replica-lag",
            metrics={"lag": database.metric("ReplicaLag", "Maximum")},
            comparison=">",
            threshold=60,
            period_seconds=60,
            periods=10,
            datapoints=10,
            missing=UNKNOWN,
        )


def _storage(database: Database, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    growth = max(0, database.max_storage_gb - database.storage_gb)
    remedy = "max_storage_gb" if growth else "storage_gb"
    free = {"free": database.metric("FreeStorageSpace", "Minimum")}
    yield Alarm(
        name=f"{database.name}-storage",
        title=f"Free storage of {database.name} (bytes)",
        topic="urgent",
        meaning=f"{database.name} has less than {database.least_free_gb} GB left, and stops when its disk is full. "
        f"Raise postgresql.{remedy}.",
        command=f"make deploy ENV={environment}",
        runbook="postgresql-storage",
        metrics=free,
        comparison="<",
        threshold=database.least_free_gb * GIB,
        period_seconds=300,
        periods=2,
        datapoints=2,
        missing=UNKNOWN,
    )
    # A day more than was asked for is as long as three periods of six hours take to be sure.
    days = inputs.full_days + 1
    room = f"(free + {growth * GIB})" if growth else "free"
    yield Alarm(
        name=f"{database.name}-storage-days",
        title=f"Days until the disk of {database.name} is full",
        topic="urgent",
        meaning=f"As it has grown for 18 hours, the disk of {database.name} is full in {inputs.full_days} to {days} "
        f"days, and the database stops then. Raise postgresql.{remedy}, or delete what grows.",
        command=f"make deploy ENV={environment}",
        runbook="postgresql-storage",
        # The least of each period, so that what is written in one burst is a difference between two periods only.
        metrics=free,
        expression=f"IF(RATE(free) < 0, {room} / (0 - RATE(free)) / 86400, 1000)",
        comparison="<",
        threshold=days,
        period_seconds=6 * 3600,
        periods=3,
        datapoints=3,
        missing=UNKNOWN,
    )


def _load(database: Database, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    yield Alarm(
        name=f"{database.name}-cpu",
        title=f"CPU of {database.name} (%)",
        topic="notices",
        meaning=f"{database.name} uses more than {inputs.cpu_percent} % of its CPU, so that all queries wait. Look for "
        "slow ones in the saved query slow-queries.",
        command=f"make status ENV={environment}",
        runbook="postgresql-cpu",
        metrics={"used": database.metric("CPUUtilization")},
        comparison=">",
        threshold=inputs.cpu_percent,
        period_seconds=300,
        periods=2,
        datapoints=2,
        missing=UNKNOWN,
    )
    yield Alarm(
        name=f"{database.name}-connections",
        title=f"Connections to {database.name}",
        topic="urgent",
        meaning=f"{database.name} has more than {database.usual_connections} connections, and refuses new ones soon. "
        "Fewer processes or tasks, or a larger class, take fewer of those that there are.",
        command=f"make status ENV={environment}",
        runbook="postgresql-connections",
        metrics={"open": database.metric("DatabaseConnections", "Maximum")},
        comparison=">",
        threshold=database.usual_connections,
        period_seconds=60,
        periods=5,
        datapoints=5,
        missing=UNKNOWN,
    )
    yield Alarm(
        name=f"{database.name}-memory",
        title=f"Free memory of {database.name} (bytes)",
        topic="notices",
        meaning=f"{database.name} has less than a twentieth of its memory left, reads more from disk, and may be "
        "restarted. Choose a larger class.",
        command=f"make status ENV={environment}",
        runbook="postgresql-memory",
        metrics={"free": database.metric("FreeableMemory", "Minimum")},
        comparison="<",
        threshold=database.memory_gib * GIB // 20,
        period_seconds=300,
        periods=3,
        datapoints=3,
        missing=UNKNOWN,
    )
    if not database.is_replica:
        yield Alarm(
            name=f"{database.name}-transaction-ids",
            title=f"Transaction IDs that {database.name} has used",
            topic="urgent",
            meaning="Vacuum does not keep up: at two billion transaction IDs PostgreSQL refuses to write. Look for "
            "a transaction or a replication slot that has been open for days.",
            command=f"make status ENV={environment}",
            runbook="postgresql-transaction-ids",
            metrics={"used": database.metric("MaximumUsedTransactionIDs", "Maximum")},
            comparison=">",
            threshold=1_000_000_000,
            period_seconds=300,
            missing=UNKNOWN,
        )


def _latency(database: Database, environment: str) -> Iterator[Alarm]:
    """20 ms are AWS's own recommendation.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
    """
    for kind in ("Read", "Write"):
        yield Alarm(
            name=f"{database.name}-{kind.lower()}-latency",
            title=f"{kind} latency of {database.name} (s)",
            topic="notices",
            meaning=f"The disk of {database.name} takes longer than 20 ms, so that all queries wait. It has fewer IOPS "
            "than it needs.",
            command=f"make status ENV={environment}",
            runbook="postgresql-latency",
            metrics={"latency": database.metric(f"{kind}Latency")},
            comparison=">",
            threshold=0.02,
            period_seconds=300,
            periods=3,
            datapoints=3,
            # Without a read or a write there is nothing to measure.
            missing=QUIET,
        )
