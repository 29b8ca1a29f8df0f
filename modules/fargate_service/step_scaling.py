"""Step scaling of a worker: by the length of its queue, and from and to no task at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.scaling_steps_inputs import StepInputs
from modules.observability.alarm import Alarm, Comparison, Metric, Missing
from modules.observability.metrics import metric

UNCOUNTED = Missing("notBreaching", "nobody counts, so that nothing is known of the queue")
# A worker without work answers its broker, and does little else.
_IDLE_CPU_PERCENT = 5
_EMPTY_MINUTES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMetric:
    """The metric of CloudWatch that counts the tasks which wait for a worker."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]

    @property
    def environment(self) -> str:
        """Whose queue it is."""
        return self.dimensions["Environment"]

    @property
    def waiting(self) -> Metric:
        """As alarms watch it."""
        return metric(self.namespace, self.name, "Maximum", self.dimensions)


class Step(NamedTuple):
    """A change of the number of tasks, by the distance of the metric from the threshold of the alarm."""

    change: int
    lower: int | None
    upper: int | None


class StepPolicy(NamedTuple):
    """Steps, and the alarm that takes them while it lasts."""

    id: str
    kind: str
    """`ChangeInCapacity`, or `ExactCapacity`."""
    cooldown_seconds: int
    steps: tuple[Step, ...]
    alarm: Alarm


def policies(
    service: str, inputs: WorkerAutoscalingInputs, queue: QueueMetric, dimensions: Mapping[str, str]
) -> Iterator[StepPolicy]:
    """Those of a worker. `dimensions` are those of its service in the metrics of ECS."""
    cooldown_in, cooldown_out = inputs.scale_in_cooldown_seconds, inputs.scale_out_cooldown_seconds
    seconds_in = 120 if cooldown_in is None else cooldown_in
    seconds_out = 60 if cooldown_out is None else cooldown_out
    if inputs.queue_steps:
        yield _adding(service, inputs.queue_steps, queue, seconds_out)
        yield _removing(service, inputs.queue_steps, queue, seconds_in)
    if inputs.sleeps:
        yield _waking(service, queue, dimensions, seconds_out)
        yield _stopping(service, inputs.idle_minutes, queue, dimensions, seconds_in)


def _adding(service: str, given: tuple[StepInputs, ...], queue: QueueMetric, cooldown_seconds: int) -> StepPolicy:
    steps = sorted((step.at_least, step.change) for step in given if step.at_least is not None)
    threshold = steps[0][0]
    ends = [*(length - threshold for length, _ in steps[1:]), None]
    found = tuple(Step(change, at - threshold, end) for (at, change), end in zip(steps, ends, strict=True))
    meaning = f"Scaling adds tasks of {service}: at least {threshold} wait for it."
    title = f"Tasks that wait for {service}"
    alarm = _alarm("steps-out", service, queue, title=title, meaning=meaning, comparison=">=", threshold=threshold)
    return StepPolicy("steps-out", "ChangeInCapacity", cooldown_seconds, found, alarm)


def _removing(service: str, given: tuple[StepInputs, ...], queue: QueueMetric, cooldown_seconds: int) -> StepPolicy:
    steps = sorted(((step.at_most, step.change) for step in given if step.at_most is not None), reverse=True)
    threshold = steps[0][0]
    ends = [*(length - threshold for length, _ in steps[1:]), None]
    found = tuple(Step(change, end, at - threshold) for (at, change), end in zip(steps, ends, strict=True))
    meaning = f"Scaling removes tasks of {service}: no more than {threshold} wait for it."
    alarm = _alarm(
        "steps-in",
        service,
        queue,
        title=f"Tasks that wait for {service}",
        meaning=meaning,
        comparison="<=",
        threshold=threshold,
        minutes=_EMPTY_MINUTES,
    )
    return StepPolicy("steps-in", "ChangeInCapacity", cooldown_seconds, found, alarm)


def _alarm(
    id: str,
    service: str,
    queue: QueueMetric,
    *,
    title: str,
    meaning: str,
    comparison: Comparison,
    threshold: int = 0,
    others: Mapping[str, Metric] | None = None,
    expression: str | None = None,
    minutes: int = 1,
) -> Alarm:
    """On what waits, and on other metrics by an expression, each minute."""
    return Alarm(
        name=f"{service}-{id}",
        title=title,
        topic="notices",
        meaning=meaning,
        command=f"make status ENV={queue.environment}",
        runbook="queue-age",
        metrics={"waiting": queue.waiting, **(others or {})},
        expression=expression,
        comparison=comparison,
        threshold=threshold,
        period_seconds=60,
        periods=minutes,
        datapoints=minutes,
        missing=UNCOUNTED,
    )


def _waking(service: str, queue: QueueMetric, dimensions: Mapping[str, str], cooldown_seconds: int) -> StepPolicy:
    """Target tracking multiplies the tasks that there are, and steps begin at their least length.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html#async-inference-autoscale-scale-up
    """
    return StepPolicy(
        "wake",
        "ChangeInCapacity",
        cooldown_seconds,
        (Step(1, 0, None),),
        _alarm(
            "wake",
            service,
            queue,
            title=f"Tasks that wait for {service} while it does not run",
            meaning=f"Scaling starts {service}: something waits for it, and it has no task.",
            others={
                "running": metric("ECS/ContainerInsights", "RunningTaskCount", "Average", dimensions),
                # Without Container Insights nothing runs that is counted, and a task would be added each minute.
                "cpu": metric("AWS/ECS", "CPUUtilization", "Maximum", dimensions),
            },
            expression="IF(FILL(running, 0) + FILL(cpu, 0) <= 0, waiting, 0)",
            comparison=">",
        ),
    )


def _stopping(
    service: str, minutes: int, queue: QueueMetric, dimensions: Mapping[str, str], cooldown_seconds: int
) -> StepPolicy:
    """Target tracking by CPU keeps a last task, however idle it is."""
    return StepPolicy(
        "sleep",
        "ExactCapacity",
        cooldown_seconds,
        (Step(0, None, 0),),
        _alarm(
            "sleep",
            service,
            queue,
            title=f"Tasks that wait for {service}, and 1 more while it is busy",
            meaning=f"Scaling stops {service}: for {minutes} minutes nothing waited for it, and it was not busy.",
            # Not the mean: one busy task of many is work that is running.
            others={"cpu": metric("AWS/ECS", "CPUUtilization", "Maximum", dimensions)},
            # A sum takes what is missing for 0.
            expression=f"FILL(waiting, 1) + IF(FILL(cpu, 0) > {_IDLE_CPU_PERCENT}, 1, 0)",
            comparison="<=",
            minutes=minutes,
        ),
    )
