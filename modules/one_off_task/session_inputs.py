"""Inputs of a task that a person starts to work in, and that ends with the session."""

from __future__ import annotations

from collections.abc import Iterator

from modules.one_off_task.inputs import OneOffTaskInputs
from modules.task_definition.fargate import size_rules
from modules.validation import Problem, inputs, show

LONGEST_MINUTES = 720


@inputs
class SessionInputs:
    """A task that waits to be entered by ECS Exec.

    A `runtime.task_role_arn` of one's own must allow CreateControlChannel, CreateDataChannel, OpenControlChannel and
    OpenDataChannel of `ssmmessages` on `*`, and writing to the log of sessions: docs/operate.md has all. A role that is
    made here may.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """

    minutes: int = 60
    """1 to 720, after which the task ends by itself, whatever has become of the machine that started it."""
    cpu: int = 256
    memory_mib: int = 512
    """Of a Django shell and what is done in it."""

    def rules(self) -> Iterator[Problem]:
        yield from size_rules(self.cpu, self.memory_mib)
        if not 1 <= self.minutes <= LONGEST_MINUTES:
            yield Problem("minutes", f"got {show(self.minutes)}", f"use 1 to {LONGEST_MINUTES}")

    @property
    def task(self) -> OneOffTaskInputs:
        """What runs meanwhile: nothing of the application."""
        return OneOffTaskInputs(
            entry_point=("sleep",), command=(str(self.minutes * 60),), cpu=self.cpu, memory_mib=self.memory_mib
        )
