"""Inputs of autoscaling: how many tasks there may be, and which load each should bear."""

from __future__ import annotations

from collections.abc import Iterator

from modules.validation import Problem, inputs, show


@inputs
class AutoscalingInputs:
    """Target tracking: AWS adds and removes tasks to hold each metric near its target; the one that needs most wins.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
    """

    min_count: int
    max_count: int
    cpu_percent: int | None = 60
    """Mean use of the tasks' CPU, 10 to 95; None: not looked at."""
    memory_percent: int | None = 60
    """Mean use of the tasks' memory, 10 to 95; None: not looked at."""
    scale_in_cooldown_seconds: int | None = None
    """How long no task is removed after one was, 0 to 3600. None: 60, or 120 by memory and by a queue."""
    scale_out_cooldown_seconds: int | None = None
    """How long tasks that were added count as if they had not, 0 to 3600. None: 60, or 30 by requests."""

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        if self.cpu_percent is None and self.memory_percent is None:
            yield Problem("cpu_percent", "no metric is left to scale on", "set cpu_percent or memory_percent")

    def _bound_rules(self) -> Iterator[Problem]:
        # A service without tasks has no metrics that could start one.
        if not 1 <= self.min_count <= 5000:
            yield Problem("min_count", f"got {show(self.min_count)}", "choose 1 to 5000")
        elif not self.min_count <= self.max_count <= 5000:
            what = f"got {show(self.max_count)} with min_count {self.min_count}"
            yield Problem("max_count", what, f"choose {self.min_count} to 5000")

    def _target_rules(self) -> Iterator[Problem]:
        for field in ("scale_in_cooldown_seconds", "scale_out_cooldown_seconds"):
            seconds: int | None = getattr(self, field)
            if seconds is not None and not 0 <= seconds <= 3600:
                yield Problem(field, f"got {show(seconds)}", "choose 0 to 3600")
        for field in ("cpu_percent", "memory_percent"):
            percent: int | None = getattr(self, field)
            if percent is not None and not 10 <= percent <= 95:
                yield Problem(field, f"got {show(percent)}", "choose 10 to 95")


@inputs
class WebAutoscalingInputs(AutoscalingInputs):
    """Autoscaling behind a load balancer, which counts requests too."""

    memory_percent: int | None = None
    """Mean use of the tasks' memory, 10 to 95; None: not looked at. A web process of Python keeps the memory of its
    busiest moment, and AWS removes tasks only when all metrics allow it: such a service grows and does not shrink."""
    requests_per_target: int | None = 1200
    """Requests a minute that a task should answer; None: not looked at."""

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        requests = self.requests_per_target
        if requests is not None and not 1 <= requests <= 1_000_000:
            yield Problem("requests_per_target", f"got {show(requests)}", "choose 1 to 1000000")
        if self.cpu_percent is None and self.memory_percent is None and requests is None:
            yield Problem("cpu_percent", "no metric is left to scale on", "set one of the three")


@inputs
class WorkerAutoscalingInputs(AutoscalingInputs):
    """Autoscaling of a worker, which counts the tasks that wait too.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """

    queue_length_per_task: int | None = 100
    """Celery tasks that may wait for each worker: a long queue of short tasks, or a short one of long tasks. None: not
    looked at. Needs an application whose beat counts them, and Container Insights, which counts the workers."""

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        length = self.queue_length_per_task
        if length is not None and not 1 <= length <= 1_000_000:
            yield Problem("queue_length_per_task", f"got {show(length)}", "choose 1 to 1000000")
        if self.cpu_percent is None and self.memory_percent is None and length is None:
            yield Problem("cpu_percent", "no metric is left to scale on", "set one of the three")


def within_bounds(desired_count: int, autoscaling: AutoscalingInputs | None) -> Iterator[Problem]:
    """A service that starts outside of its bounds is scaled at once, against what was asked for."""
    if autoscaling and not autoscaling.min_count <= desired_count <= autoscaling.max_count:
        yield Problem(
            "desired_count",
            f"{show(desired_count)} is outside of autoscaling's {autoscaling.min_count} to {autoscaling.max_count}",
            "choose one between",
        )
