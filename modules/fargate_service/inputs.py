"""Inputs of the services on ECS Fargate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from modules import rules
from modules.fargate_service.autoscaling_inputs import AutoscalingInputs, WebAutoscalingInputs, within_bounds
from modules.task_definition.command import command_rules
from modules.task_definition.environment import environment_rules
from modules.task_definition.fargate import size_rules, storage_rules
from modules.task_definition.inputs import IamStatementInputs
from modules.task_definition.sidecar_inputs import SidecarInputs, sidecar_rules
from modules.validation import Problem, inputs, show

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
TASKS_PER_SERVICE = 5000
# What starts the others and waits for them, and the rest of a container.
FIRST_PROCESS_MIB = 64


@inputs
class WebInputs:
    """The service behind the load balancer."""

    cpu: int
    """CPU units of a task: 256, 512, 1024 (one vCPU), 2048, 4096, 8192 or 16384."""
    memory_mib: int
    """One of the sizes that Fargate has for this CPU: 512, 1024 or 2048 for 256 CPU units, and so on."""
    desired_count: int
    """How many tasks run. With autoscaling: how many the service starts with, ignored afterwards."""
    autoscaling: WebAutoscalingInputs | None = None
    command: tuple[str, ...] | None = None
    """None: that of the application."""
    container_port: int = 8000
    """The port on which the image's server listens."""
    spot_percent: int = 0
    """The share of tasks on Fargate Spot, 0 to 100: cheaper, and stopped with two minutes' notice, many at a time."""
    on_demand_base: int = 0
    """How many tasks never run on Spot: as many as must go on answering. `spot_percent` is of those beyond."""
    gunicorn_workers: int | None = None
    """WEB_CONCURRENCY: processes of a task. None: 4, or as many as its memory has room for."""
    worker_mib: int = 128
    """What each of these processes takes, of an application of common size. Measure yours: 32 to 16384 MiB."""
    gunicorn_log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    health_check_grace_seconds: int = 60
    """How long a new task may fail its health checks, 0 to 900: Terraform waits 20 minutes for a deployment."""
    stop_timeout_seconds: int = 60
    """From SIGTERM to SIGKILL, 2 to 120. Longer than the deregistration delay, so that requests can finish."""
    minimum_healthy_percent: int = 100
    """The share of its tasks that runs throughout a deployment, 0 to 100."""
    maximum_percent: int = 200
    """The share of its tasks that may run during one, 100 to 200."""
    variables: Mapping[str, str] | None = None
    """Of this service alone, beside those of `runtime`, which they replace."""
    secrets: Mapping[str, str] | None = None
    """Of this service alone, as those of `runtime`."""
    iam_statements: tuple[IamStatementInputs, ...] = ()
    """What this service alone may do."""
    ephemeral_storage_gib: int | None = None
    """The disk of a task, 21 to 200 GiB. None: the 20 GiB of Fargate, which cost nothing."""
    sidecars: tuple[SidecarInputs, ...] = ()
    """Further containers of each task, which share its CPU and memory."""

    @property
    def workers(self) -> int:
        """Processes of a task."""
        return self.gunicorn_workers or max(1, min(4, self._room))

    @property
    def _room(self) -> int:
        """For how many processes there is memory."""
        return (self._own_mib - FIRST_PROCESS_MIB) // self.worker_mib

    @property
    def _own_mib(self) -> int:
        """What sidecars leave of the memory."""
        return self.memory_mib - sum(each.memory_mib for each in self.sidecars)

    def rules(self) -> Iterator[Problem]:
        yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)
        yield from sidecar_rules(self.sidecars, self.cpu, self.memory_mib)
        yield from _count_rules(self.desired_count)
        yield from within_bounds(self.desired_count, self.autoscaling)
        yield from _deployment_rules(self)
        yield from environment_rules(self.variables or {}, self.secrets or {})
        yield from rules.ports("container_port", (self.container_port,))
        yield from _stop_rules(self.stop_timeout_seconds)
        yield from command_rules(self.command)
        yield from self._worker_rules()
        yield from _spot_rules(self)
        if not 0 <= self.health_check_grace_seconds <= 900:
            what = f"got {show(self.health_check_grace_seconds)}"
            yield Problem("health_check_grace_seconds", what, "choose 0 to 900")

    def _worker_rules(self) -> Iterator[Problem]:
        if self.gunicorn_workers is not None and not 1 <= self.gunicorn_workers <= 256:
            yield Problem("gunicorn_workers", f"got {show(self.gunicorn_workers)}", "choose 1 to 256")
        elif not 32 <= self.worker_mib <= 16_384:
            yield Problem("worker_mib", f"got {show(self.worker_mib)}", "choose 32 to 16384")
        elif self.workers > self._room:
            needed = FIRST_PROCESS_MIB + self.workers * self.worker_mib
            what = f"{self.workers} of {self.worker_mib} MiB need {needed} MiB, and a task has {self._own_mib}"
            remedy = "choose fewer or a larger memory_mib, or write what one takes into worker_mib"
            yield Problem("gunicorn_workers", what, remedy)


@inputs
class WorkerInputs:
    """The Celery worker.

    It has no health check: a ping over the broker starts Django each time, and would restart every worker when Redis is
    away. A worker that dies ends its task, and ECS starts another.
    """

    cpu: int
    memory_mib: int
    desired_count: int
    """How many tasks run. With autoscaling: how many the service starts with, ignored afterwards."""
    autoscaling: AutoscalingInputs | None = None
    command: tuple[str, ...] | None = None
    """None: that of the application."""
    spot_percent: int = 0
    """The share of tasks on Fargate Spot, 0 to 100: cheaper, and stopped with two minutes' notice."""
    on_demand_base: int = 0
    """How many tasks never run on Spot. `spot_percent` is the share of Spot in those beyond."""
    stop_timeout_seconds: int = 120
    """From SIGTERM, at which Celery takes no more work, to SIGKILL: 20 to 120."""
    minimum_healthy_percent: int = 100
    """The share of its tasks that runs throughout a deployment, 0 to 100."""
    maximum_percent: int = 200
    """The share of its tasks that may run during one, 100 to 200."""
    variables: Mapping[str, str] | None = None
    """Of this service alone, beside those of `runtime`, which they replace."""
    secrets: Mapping[str, str] | None = None
    """Of this service alone, as those of `runtime`."""
    iam_statements: tuple[IamStatementInputs, ...] = ()
    """What this service alone may do."""
    ephemeral_storage_gib: int | None = None
    """The disk of a task, 21 to 200 GiB. None: the 20 GiB of Fargate, which cost nothing."""
    sidecars: tuple[SidecarInputs, ...] = ()
    """Further containers of each task, which share its CPU and memory."""

    @property
    def shutdown_seconds(self) -> int:
        """How long a worker may finish its tasks. Then it has 10 s to give back to the queue what is left."""
        return self.stop_timeout_seconds - 10

    def rules(self) -> Iterator[Problem]:
        yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)
        yield from sidecar_rules(self.sidecars, self.cpu, self.memory_mib)
        may_be_zero = self.autoscaling is not None and self.autoscaling.min_count == 0
        yield from _count_rules(self.desired_count, least=0 if may_be_zero else 1)
        yield from within_bounds(self.desired_count, self.autoscaling)
        yield from _deployment_rules(self)
        yield from environment_rules(self.variables or {}, self.secrets or {})
        yield from _stop_rules(self.stop_timeout_seconds, least=20)
        yield from command_rules(self.command)
        if isinstance(self.autoscaling, WebAutoscalingInputs):
            yield Problem("autoscaling", "no requests reach a worker to scale on", "use WorkerAutoscalingInputs")
        yield from _spot_rules(self)


@inputs
class BeatInputs:
    """Celery beat, the scheduler.

    Two of them would send every task twice, so there is one at most: a deployment stops the old one before it starts
    the new one, and its count cannot be chosen.
    """

    cpu: int = 256
    memory_mib: int = 512
    command: tuple[str, ...] | None = None
    """None: that of the application."""
    stop_timeout_seconds: int = 30
    """From SIGTERM to SIGKILL, 2 to 120."""
    variables: Mapping[str, str] | None = None
    """Of this service alone, beside those of `runtime`, which they replace."""
    secrets: Mapping[str, str] | None = None
    """Of this service alone, as those of `runtime`."""
    iam_statements: tuple[IamStatementInputs, ...] = ()
    """What this service alone may do."""
    ephemeral_storage_gib: int | None = None
    """The disk of a task, 21 to 200 GiB. None: the 20 GiB of Fargate, which cost nothing."""
    sidecars: tuple[SidecarInputs, ...] = ()
    """Further containers of each task, which share its CPU and memory."""

    desired_count: ClassVar[int] = 1
    minimum_healthy_percent: ClassVar[int] = 0
    maximum_percent: ClassVar[int] = 100
    spot_percent: ClassVar[int] = 0
    on_demand_base: ClassVar[int] = 0
    autoscaling: ClassVar[None] = None

    def rules(self) -> Iterator[Problem]:
        yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)
        yield from sidecar_rules(self.sidecars, self.cpu, self.memory_mib)
        yield from command_rules(self.command)
        yield from _stop_rules(self.stop_timeout_seconds)
        yield from environment_rules(self.variables or {}, self.secrets or {})


def _count_rules(desired_count: int, least: int = 1) -> Iterator[Problem]:
    if not least <= desired_count <= TASKS_PER_SERVICE:
        yield Problem("desired_count", f"got {show(desired_count)}", f"choose {least} to {TASKS_PER_SERVICE}")


def _deployment_rules(service: WebInputs | WorkerInputs) -> Iterator[Problem]:
    """A deployment stops or starts a task at a time at least. ECS rounds the first share up and the second down.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
    """
    low, high = service.minimum_healthy_percent, service.maximum_percent
    if not 0 <= low <= 100:
        yield Problem("minimum_healthy_percent", f"got {show(low)}", "choose 0 to 100")
    if not 100 <= high <= 200:
        yield Problem("maximum_percent", f"got {show(high)}", "choose 100 to 200")
    least = service.autoscaling.least_running if service.autoscaling else service.desired_count
    if least > 0 and 0 <= low <= 100 <= high <= 200 and -(-least * low // 100) >= least * high // 100:
        what = f"with {least} tasks, {low} % and {high} % leave a deployment none to stop and none to start"
        yield Problem("maximum_percent", what, "raise it, or lower minimum_healthy_percent")


def _spot_rules(service: WebInputs | WorkerInputs) -> Iterator[Problem]:
    if not 0 <= service.spot_percent <= 100:
        yield Problem("spot_percent", f"got {show(service.spot_percent)}", "choose 0 to 100")
    if not 0 <= service.on_demand_base <= TASKS_PER_SERVICE:
        yield Problem("on_demand_base", f"got {show(service.on_demand_base)}", f"choose 0 to {TASKS_PER_SERVICE}")
    elif service.on_demand_base and not service.spot_percent:
        yield Problem("on_demand_base", "has no effect without Spot", "set spot_percent, or remove it")
    elif service.on_demand_base and service.spot_percent == 100:
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
        what = "is of a provider of weight 0, of which AWS says that it places no tasks"
        yield Problem("on_demand_base", what, "choose a spot_percent of 99 or less")


def _stop_rules(stop_timeout_seconds: int, least: int = 2) -> Iterator[Problem]:
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
    if not least <= stop_timeout_seconds <= 120:
        yield Problem("stop_timeout_seconds", f"got {show(stop_timeout_seconds)}", f"choose {least} to 120")
