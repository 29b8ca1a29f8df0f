"""What the modules that run a task read of its definition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskDefinitionOutputs:
    """What a service runs, and what one runs by hand."""

    arn: str
    family: str
    execution_role_arn: str
    task_role_arn: str
    log_group_name: str
