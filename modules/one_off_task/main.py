"""A task that is registered to be run: before a deployment, as migrate, or by hand."""

from __future__ import annotations

from constructs import Construct

from modules.one_off_task.inputs import OneOffTaskInputs
from modules.task_definition.application import Application, TaskEnvironment
from modules.task_definition.main import TaskDefinition
from modules.validation import validate


class OneOffTask(Construct):
    """A task definition that no service runs.

    `aws ecs run-task` does, in the private subnets and the application's security group.
    https://docs.aws.amazon.com/cli/latest/reference/ecs/run-task.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: OneOffTaskInputs,
        application: Application,
        environment: TaskEnvironment,
        name: str,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self.outputs = TaskDefinition(
            self,
            "Default",
            application=application,
            environment=environment,
            name=name,
            cpu=inputs.cpu,
            memory_mib=inputs.memory_mib,
            entry_point=inputs.entry_point,
            command=inputs.command,
            ephemeral_storage_gib=inputs.ephemeral_storage_gib,
        ).outputs
