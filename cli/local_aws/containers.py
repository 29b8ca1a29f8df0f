"""What containers do on the local AWS, where none run: whoever tests decides."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRun:
    """A one-off task that was asked for."""

    family: str
    task_definition: str
    """The ARN of its task definition."""
    command: tuple[str, ...]
    """The command that overrides its container's; empty where none does."""


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

    def reset(self) -> None:
        """As at first."""
        for each in (self.exit_codes, self.logs, self.cannot_start, self.fail_deployments_of, self.runs):
            each.clear()
