"""A task definition on Fargate with its log group and its two roles: what services and one-off tasks share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
    EcsTaskDefinitionVolumeEfsVolumeConfiguration,
    EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig,
)
from constructs import Construct

from modules.iam import Statement
from modules.task_definition.application import Application, EfsMount, TaskEnvironment
from modules.task_definition.container import HttpServer, container_definitions, opened_volumes, writable_volumes
from modules.task_definition.inputs import RuntimeInputs
from modules.task_definition.outputs import TaskDefinitionOutputs
from modules.task_definition.roles import ExecutionRole, TaskRole
from modules.validation import validate


class TaskDefinition(Construct):
    """A container, named as the task, and those that run before and beside it, in a family `<prefix>-<name>`.

    Its logs are in `/ecs/<prefix>/<name>`, unless the runtime names another group. What is its `own` has precedence
    over what all tasks of the application get.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: Application,
        environment: TaskEnvironment,
        name: str,
        cpu: int,
        memory_mib: int,
        own: TaskEnvironment = TaskEnvironment(),  # noqa: B008  (it is frozen)
        entry_point: Sequence[str] | None = None,
        command: Sequence[str] | None = None,
        stop_timeout_seconds: int = 30,
        server: HttpServer | None = None,
        ephemeral_storage_gib: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        runtime = application.runtime
        validate(runtime)
        of_all = TaskEnvironment.given(runtime.variables, runtime.secrets, runtime.iam_statements)
        for added in (of_all, own):
            environment = environment.adding(added.variables, added.secrets)
        environment = replace(environment, sidecars=(sidecars := [*environment.sidecars, *own.sidecars]))
        environment = replace(environment, first=[*opened_volumes(application, environment), *environment.first])
        log_group = CloudwatchLogGroup(
            self,
            "log",
            name=runtime.log_group(application.prefix, name),
            retention_in_days=runtime.log_retention_days,
            kms_key_id=runtime.log_kms_key_arn,
        )
        execution = ExecutionRole(
            self,
            "execution-role",
            application=application,
            name=name,
            log_group_arn=log_group.arn,
            secrets=[*environment.secrets.values(), *(it for each in sidecars for it in each.secrets.values())],
            images=[each.image for each in sidecars if each.image],
        )
        # Without these permissions the first tasks fail, and the circuit breaker counts them.
        permissions: list[ITerraformDependable] = [execution.policy]
        task_role_arn = runtime.task_role_arn
        if task_role_arn is None:
            files = [each.statement for each in environment.efs.values()]
            statements = [*environment.statements, *files, *_shell(runtime), *of_all.statements, *own.statements]
            task = TaskRole(self, "role", application=application, name=name, statements=statements)
            permissions += [task.policy] if task.policy else []
            task_role_arn = task.arn
        of_sidecars = [name for each in sidecars for name in each.volumes]
        names = dict.fromkeys([*writable_volumes(application), *environment.volumes, *of_sidecars])
        volumes = [
            *(EcsTaskDefinitionVolume(name=name) for name in names),
            *(_efs(name, mount) for name, mount in environment.efs.items()),
        ]
        definition = EcsTaskDefinition(
            self,
            "Default",
            family=f"{application.prefix}-{name}",
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(cpu),
            memory=str(memory_mib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture=runtime.cpu_architecture
            ),
            execution_role_arn=execution.arn,
            task_role_arn=str(task_role_arn),
            container_definitions=container_definitions(
                application,
                name=name,
                log_group_name=log_group.name,
                environment=environment,
                variables=environment.variables,
                secrets=environment.secrets,
                entry_point=entry_point,
                command=command,
                cpu=cpu,
                stop_timeout_seconds=stop_timeout_seconds,
                server=server,
            ),
            ephemeral_storage=EcsTaskDefinitionEphemeralStorage(size_in_gib=ephemeral_storage_gib)
            if ephemeral_storage_gib
            else None,
            volume=volumes or None,
            # Old revisions stay: a rollback cannot start tasks of one that is deregistered.
            skip_destroy=True,
            depends_on=[*permissions, *(it for each in environment.efs.values() for it in each.ready)],
        )
        self.outputs = TaskDefinitionOutputs(
            arn=definition.arn,
            family=definition.family,
            execution_role_arn=execution.arn,
            task_role_arn=str(task_role_arn),
            log_group_name=log_group.name,
        )


def _efs(name: str, mount: EfsMount) -> EcsTaskDefinitionVolume:
    return EcsTaskDefinitionVolume(
        name=name,
        efs_volume_configuration=EcsTaskDefinitionVolumeEfsVolumeConfiguration(
            file_system_id=mount.file_system_id,
            transit_encryption="ENABLED",
            authorization_config=EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
                access_point_id=mount.access_point_id, iam="ENABLED"
            ),
        ),
    )


def _shell(runtime: RuntimeInputs) -> Iterator[Statement]:
    if runtime.execute_command:
        # AWS offers no resource to restrict these to.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
        channels = [f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")]
        yield Statement(actions=channels, resources=["*"])
