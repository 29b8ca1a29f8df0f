"""Inputs of autoscaling: how many tasks there may be, and which load each should bear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs, schedule_rules
from modules.fargate_service.scaling_steps_inputs import StepInputs, step_rules
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
    schedule: tuple[ScheduledScalingInputs, ...] = ()
    """Other bounds from a time on. Terraform then leaves the bounds of what runs to these actions."""

    STARTS_FROM_ZERO: ClassVar[bool] = False
    """Whether something starts a task where none runs."""

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Least and most tasks: its own, and those of its schedule."""
        own = self.min_count, self.max_count
        return own, *(action.bounds(*own) for action in self.schedule)

    @property
    def least_running(self) -> int:
        """The fewest tasks that it has while it has any."""
        return min((max(1, low) for low, high in self.bounds if high > 0), default=1)

    @property
    def most_count(self) -> int:
        """The most tasks that it ever has."""
        return max(high for _, high in self.bounds)

    @property
    def may_be_zero(self) -> bool:
        """Whether it may have no task."""
        return any(low == 0 for low, _ in self.bounds)

    @property
    def is_stopped(self) -> bool:
        """Whether its schedule stops it, whatever its load."""
        return any(high == 0 for _, high in self.bounds)

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        if self.cpu_percent is None and self.memory_percent is None:
            yield Problem("cpu_percent", "no metric is left to scale on", "set cpu_percent or memory_percent")

    def _bound_rules(self) -> Iterator[Problem]:
        # A service without tasks has no load that could start one; the queue of a worker has a length all the same.
        least = 0 if self.STARTS_FROM_ZERO else 1
        if not least <= self.min_count <= 5000:
            yield Problem("min_count", f"got {show(self.min_count)}", f"choose {least} to 5000")
        elif not max(1, self.min_count) <= self.max_count <= 5000:
            what = f"got {show(self.max_count)} with min_count {self.min_count}"
            yield Problem("max_count", what, f"choose {max(1, self.min_count)} to 5000")
        else:
            own = self.min_count, self.max_count
            yield from schedule_rules(self.schedule, *own, starts_from_zero=self.STARTS_FROM_ZERO)

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
    response_ms: int | None = None
    """Mean response time, 10 to 60000 ms, at which tasks are added; None: not looked at. It helps where a task is slow
    because it is busy, and not where the database is: then there are max_count tasks soon."""

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        requests = self.requests_per_target
        if requests is not None and not 1 <= requests <= 1_000_000:
            yield Problem("requests_per_target", f"got {show(requests)}", "choose 1 to 1000000")
        response = self.response_ms
        if response is not None and not 10 <= response <= 60_000:
            yield Problem("response_ms", f"got {show(response)}", "choose 10 to 60000")
        if self.cpu_percent is None and self.memory_percent is None and requests is None:
            # The response time says when there are too few tasks, and never how many are enough.
            yield Problem("cpu_percent", "no metric is left to scale on", "set one of the three")


@inputs
class WorkerAutoscalingInputs(AutoscalingInputs):
    """Autoscaling of a worker, which counts the tasks that wait too.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """

    queue_length_per_task: int | None = 100
    """Celery tasks that may wait for each worker: a long queue of short tasks, or a short one of long tasks. None: not
    looked at. Needs an application whose beat counts them, and Container Insights, which counts the workers."""
    queue_steps: tuple[StepInputs, ...] = ()
    """Tasks that are added and removed by the length of the queue, such as QUEUE_STEPS, in place of
    queue_length_per_task."""
    idle_minutes: int = 15
    """With a min_count of 0: how long the queue has been empty and no worker busy before the last one is stopped, 2 to
    180. A task of Celery that waits for something else uses no CPU, and is given back to the queue then."""

    STARTS_FROM_ZERO: ClassVar[bool] = True

    @property
    def sleeps(self) -> bool:
        """Whether it has no task while its queue is empty, and one as soon as it is not."""
        return any(low == 0 < high for low, high in self.bounds)

    @property
    def counts_tasks(self) -> bool:
        """Whether it needs to know how many tasks run, which Container Insights counts."""
        return self.sleeps or self.queue_length_per_task is not None

    def rules(self) -> Iterator[Problem]:
        yield from self._bound_rules()
        yield from self._target_rules()
        length = self.queue_length_per_task
        if length is not None and not 1 <= length <= 1_000_000:
            yield Problem("queue_length_per_task", f"got {show(length)}", "choose 1 to 1000000")
        if not 2 <= self.idle_minutes <= 180:
            yield Problem("idle_minutes", f"got {show(self.idle_minutes)}", "choose 2 to 180")
        if self.queue_steps:
            yield from step_rules(self.queue_steps)
            if length is not None:
                what = "both scale by the queue, one against the other"
                yield Problem("queue_steps", what, "set queue_length_per_task to None, or remove the steps")
        if self.cpu_percent is None and self.memory_percent is None and length is None and not self.queue_steps:
            yield Problem("cpu_percent", "no metric is left to scale on", "set one of the three")


def within_bounds(desired_count: int, autoscaling: AutoscalingInputs | None) -> Iterator[Problem]:
    """A service that starts outside of its bounds is scaled at once, against what was asked for."""
    if autoscaling and not autoscaling.min_count <= desired_count <= autoscaling.max_count:
        yield Problem(
            "desired_count",
            f"{show(desired_count)} is outside of autoscaling's {autoscaling.min_count} to {autoscaling.max_count}",
            "choose one between",
        )
