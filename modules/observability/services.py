"""Alarms of the services on ECS, and of what they write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from modules.observability.alarm import QUIET, SILENT, STOPPED, Alarm, Metric
from modules.observability.inputs import ObservabilityInputs
from modules.observability.metrics import metric
from modules.observability.wanted import Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A service, by what it is called, and how many tasks it has."""

    name: str
    """Within the environment, such as `web`."""
    cluster_name: str
    service_name: str
    log_group_name: str
    least_tasks: int
    """While it has any."""
    most_tasks: int
    counts_tasks: bool
    """Whether Container Insights counts its tasks."""
    may_be_zero: bool = False
    """Whether scaling may leave it without a task: by its queue, or by its schedule."""
    is_stopped: bool = False
    """Whether a schedule does, whatever its load."""
    sure_hours: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Those of a week in which it is wanted all the same: the day, 1 for Monday to 7, and the hour, in UTC."""

    def of_service(self, name: str, statistic: str) -> Metric:
        """A metric of the service itself."""
        return metric("AWS/ECS", name, statistic, self._dimensions)

    def of_tasks(self, name: str) -> Metric:
        """A metric of Container Insights."""
        return metric("ECS/ContainerInsights", name, "Average", self._dimensions)

    @property
    def wanted(self) -> Wanted | None:
        """How many tasks it should have, where a schedule stops it and that is known."""
        if not (self.is_stopped and self.counts_tasks):
            return None
        return Wanted(metric=self.of_tasks("DesiredTaskCount"), hours=self.sure_hours)

    @property
    def _dimensions(self) -> dict[str, str]:
        return {"ClusterName": self.cluster_name, "ServiceName": self.service_name}


def alarms(service: Service, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    """Those of one service."""
    name = service.name
    slow = "so that whoever waits for them waits longer. If it lasts, raise its cpu, or max_count of its autoscaling"
    killed = "and one that needs more than it has is killed. If it lasts, raise its memory_mib"
    for kind, percent, meaning in (
        ("CPU", inputs.cpu_percent, f"their CPU, {slow}"),
        ("Memory", inputs.memory_percent, f"their memory, {killed}"),
    ):
        yield Alarm(
            name=f"{name}-{kind.lower()}",
            title=f"{kind} of {name} (%)",
            topic="notices",
            meaning=f"The tasks of {name} use more than {percent} % of {meaning}.",
            command=f"make status ENV={environment}",
            runbook=f"service-{kind.lower()}",
            metrics={"used": service.of_service(f"{kind}Utilization", "Average")},
            comparison=">",
            threshold=percent,
            period_seconds=300,
            periods=2,
            datapoints=2,
            # Without tasks there is nothing to measure, which is the matter of the next alarm.
            missing=QUIET,
        )
    if service.counts_tasks:
        yield _tasks(service, environment)
    yield Alarm(
        name=f"{name}-logs",
        title=f"Logs of {name} (bytes an hour)",
        topic="notices",
        meaning=f"{name} writes more logs than {service.most_tasks} tasks should, each GB of which is paid: a loop, or "
        "a log level for debugging.",
        command=f"make logs ENV={environment} ARGS={name}",
        runbook="service-logs",
        metrics={"written": metric("AWS/Logs", "IncomingBytes", "Sum", {"LogGroupName": service.log_group_name})},
        comparison=">",
        threshold=inputs.log_mib_an_hour * 2**20 * service.most_tasks,
        period_seconds=3600,
        missing=QUIET,
    )


def _tasks(service: Service, environment: str) -> Alarm:
    """Fewer tasks than there should be. A single one that is missing is the whole service."""
    is_single = service.least_tasks == 1
    name = service.name
    return Alarm(
        name=f"{name}-tasks",
        title=f"Tasks that {name} lacks",
        topic="urgent" if is_single else "notices",
        meaning=f"{name} has had fewer tasks than it should for ten minutes: "
        + ("with one task, nothing of it runs." if is_single else "the others carry its load.")
        + (service.wanted.meaning if service.wanted else ""),
        command=f"make status ENV={environment}",
        runbook="service-tasks",
        metrics={"desired": service.of_tasks("DesiredTaskCount"), "running": service.of_tasks("RunningTaskCount")},
        # One that is late counts as 0 beside the other, and the next figure corrects it. Without a running task
        # Container Insights sends neither:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
        expression=f"{service.wanted.expression('desired')} - FILL(running, 0)"
        if service.wanted
        else "desired - running",
        comparison=">",
        threshold=0,
        period_seconds=60,
        periods=12,
        datapoints=10,
        missing=STOPPED if service.may_be_zero else SILENT,
    )
