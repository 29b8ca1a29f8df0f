"""What containers do on the local AWS: an engine runs them as processes, or whoever tests decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """A one-off task that was asked for."""

    family: str
    task_definition: str
    """The ARN of its task definition."""
    command: tuple[str, ...]
    """The command that overrides its container's; empty where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequest:
    """A task that ECS is asked for."""

    name: str
    """Of the service, or the family of a one-off task."""
    task_id: str
    containers: Sequence[dict[str, Any]]
    """The `containerDefinitions` of its task definition."""
    is_service: bool
    command: tuple[str, ...] = ()
    """The command that overrides its container's; empty where none does."""
    target_group_arn: str = ""
    """Of the load balancer, for a service that is behind it."""
    grace_seconds: float = 60


class RunningTask(Protocol):
    """A task that was started."""

    @property
    def is_healthy(self) -> bool | None:
        """Whether its containers run and pass their checks; None while it starts, and when it has ended by itself."""
        ...

    @property
    def starts(self) -> int:
        """How often it has been started: ECS starts the task of a service again where it ends."""
        ...

    @property
    def exit_codes(self) -> Mapping[str, int | None] | None:
        """By container, once all have ended."""
        ...

    @property
    def reason(self) -> str:
        """Why it is not healthy, or did not start."""
        ...

    def stop(self) -> None:
        """End it, without waiting for that."""
        ...


class Engine(Protocol):
    """What runs containers."""

    def start(self, request: TaskRequest, before: RunningTask | None = None) -> RunningTask | None:
        """Start a task, once `before` has ended. None where it cannot run here: then it goes as if nothing ran."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where RDS and ElastiCache are, on the ports that they have on AWS."""

    servers: str
    broker: str
    """Of the second group of Redis."""


@dataclass(slots=True)
class Containers:
    """How tasks and deployments go. By default all go well.

    Nothing here waits for a clock: a task and a deployment go on by one step each time that they are described.
    """

    exit_codes: dict[str, int] = field(default_factory=dict)
    """The exit code of the one-off tasks of a family, or as `family/container` of a container that runs before; else
    0."""
    logs: dict[str, list[str]] = field(default_factory=dict)
    """What the one-off tasks of a family write to their log, or as `family/container` a container that runs before."""
    cannot_start: dict[str, str] = field(default_factory=dict)
    """Why the one-off tasks of a family stop before their container has run, as in `CannotPullContainerError: …`."""
    fail_deployments_of: set[str] = field(default_factory=set)
    """Services whose new tasks never become healthy. What ran before goes on."""
    runs: list[TaskRun] = field(default_factory=list)
    """The one-off tasks so far."""
    engine: Engine | None = None
    """What runs them; None where none runs."""

    addresses: Addresses | None = None
    """What RDS and ElastiCache answer for themselves; None for names that exist nowhere."""

    def reset(self) -> None:
        """As at first."""
        self.engine = self.addresses = None
        for each in (self.exit_codes, self.logs, self.cannot_start, self.fail_deployments_of, self.runs):
            each.clear()
