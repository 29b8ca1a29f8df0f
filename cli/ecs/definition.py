"""What a task definition says of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerDefinitionOutputTypeDef, TaskDefinitionTypeDef


def main_container(definition: TaskDefinitionTypeDef) -> ContainerDefinitionOutputTypeDef:
    """The essential container, which all others run before."""
    return next(each for each in definition["containerDefinitions"] if each.get("essential", True))
