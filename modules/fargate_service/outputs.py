"""What a unit may know of one service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from modules.task_definition.outputs import TaskDefinitionOutputs


@dataclass(frozen=True, kw_only=True, slots=True)
class FargateServiceOutputs:
    """What the unit publishes of one service."""

    name: str
    arn: str
    task: TaskDefinitionOutputs

    @classmethod
    def absent(cls) -> Self:
        """Of a service that is not deployed: empty strings."""
        task = TaskDefinitionOutputs(arn="", family="", execution_role_arn="", task_role_arn="", log_group_name="")
        return cls(name="", arn="", task=task)
