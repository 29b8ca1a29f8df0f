"""Inputs of a task that is started by hand or by a deployment, and ends by itself."""

from __future__ import annotations

from collections.abc import Iterator

from modules.task_definition.command import command_rules
from modules.task_definition.fargate import size_rules, storage_rules
from modules.validation import Problem, inputs


@inputs
class OneOffTaskInputs:
    """A command in the application's image."""

    command: tuple[str, ...]
    """Program and arguments: `("python", "manage.py", "migrate", "--noinput")`."""
    entry_point: tuple[str, ...] | None = None
    """What runs the command. None: the ENTRYPOINT of the image."""
    cpu: int = 256
    memory_mib: int = 512
    ephemeral_storage_gib: int | None = None
    """The disk of a task, 21 to 200 GiB. None: the 20 GiB of Fargate, which cost nothing."""

    def rules(self) -> Iterator[Problem]:
        yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)
        yield from command_rules(self.command)
        yield from command_rules(self.entry_point, "entry_point")
