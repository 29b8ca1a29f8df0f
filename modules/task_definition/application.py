"""What the tasks of one application share, and what a single one of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from modules.iam import Statement
from modules.task_definition.directories import volume_name
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.task_definition.secret import Secret
from modules.task_definition.sidecar_inputs import SidecarHealthCheckInputs, SidecarInputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """The image of an application, where it runs and how."""

    prefix: str
    region: str
    account_id: str
    image: str
    ecr_repository_arn: str | None
    """None: the image is not in ECR."""
    runtime: RuntimeInputs
    registry_secret_arn: str | None = None
    """With which ECS signs in to the image's registry. None: it does not."""
    registry: str | None = None
    """The host of that registry, whose images of sidecars are pulled in the same way."""
    user: str | None = None
    """None: that of the image."""
    writable_directories: Sequence[str] = ()
    """Beside /tmp, where the root file system is read-only."""
    declares_volumes: bool = True
    """Whether the image declares these and /tmp as VOLUME, with the rights of its user. False: everybody gets them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstContainer:
    """A container that must end with exit code 0 before the next one of its task starts."""

    name: str
    command: Sequence[str]
    entry_point: Sequence[str] | None = None
    """None: that of the image."""
    image: str | None = None
    """None: that of the task's main container."""
    variables: Mapping[str, str] = field(default_factory=dict)
    inherits_environment: bool = False
    """Whether it has the variables and secrets of the main container too."""
    writes: Sequence[str] = ()
    """The names of the shared volumes to which it writes, for which it runs as root without a capability: ECS gives a
    new volume to root. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html"""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Directories by the name of a volume that the main container has not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sidecar:
    """A container that runs beside the main one of its task."""

    name: str
    command: Sequence[str] | None
    entry_point: Sequence[str] | None
    image: str | None = None
    """None: that of the task's main container, and its user."""
    user: str | None = None
    """None: that of the image."""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Directories that it writes to, by the name of their volume."""
    essential: bool = True
    starts_first: bool = False
    """Whether what is of the application starts only when this one runs, or is healthy where it has a check."""
    health_check: SidecarHealthCheckInputs | None = None
    memory_mib: int | None = None
    cpu: int | None = None
    stop_timeout_seconds: int = 30

    @classmethod
    def given(cls, inputs: SidecarInputs) -> Self:
        """What inputs add. A volume is of one container: no name of one has the underscore."""
        return cls(
            name=inputs.name,
            command=inputs.command,
            entry_point=inputs.entry_point,
            image=inputs.image,
            user=inputs.user,
            variables=inputs.variables or {},
            secrets=_parsed(inputs.secrets),
            volumes={f"{inputs.name}_{volume_name(path)}": path for path in inputs.writable_directories},
            essential=inputs.essential,
            starts_first=inputs.starts_first,
            health_check=inputs.health_check,
            memory_mib=inputs.memory_mib,
            cpu=inputs.cpu,
            stop_timeout_seconds=inputs.stop_timeout_seconds,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class EfsMount:
    """A directory of EFS in the main container."""

    path: str
    read_only: bool
    file_system_id: str
    file_system_arn: str
    access_point_id: str
    access_point_arn: str
    ready: Sequence[Any] = ()
    """The resources that a task needs to mount it."""

    @property
    def statement(self) -> Statement:
        """What a task may do with it.

        https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
        """
        write = () if self.read_only else ("elasticfilesystem:ClientWrite",)
        return Statement(
            actions=["elasticfilesystem:ClientMount", *write],
            resources=[self.file_system_arn],
            condition={"StringEquals": {"elasticfilesystem:AccessPointArn": self.access_point_arn}},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskEnvironment:
    """What one task knows and may do, beside what the inputs add for all of them."""

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    statements: Sequence[Statement] = ()
    first: Sequence[FirstContainer] = ()
    """What runs before the main container, in this order."""
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Directories by the name of a volume that the containers share: read-only, except for what `writes` it."""
    sidecars: Sequence[Sidecar] = ()
    """What runs beside the main container."""
    efs: Mapping[str, EfsMount] = field(default_factory=dict)
    """Directories of EFS, by the name of a volume."""

    @classmethod
    def given(
        cls,
        variables: Mapping[str, str] | None,
        secrets: Mapping[str, str] | None,
        iam_statements: Sequence[IamStatementInputs],
        sidecars: Sequence[SidecarInputs] = (),
    ) -> Self:
        """What inputs add."""
        return cls(
            variables=variables or {},
            secrets=_parsed(secrets),
            statements=[Statement(actions=each.actions, resources=each.resources) for each in iam_statements],
            sidecars=[Sidecar.given(each) for each in sidecars],
        )

    def adding(self, variables: Mapping[str, str | None], secrets: Mapping[str, Secret]) -> Self:
        """With these, which replace what has the same name, as ECS takes a name once; None removes it."""
        names = variables.keys() | secrets.keys()
        return replace(
            self,
            variables={name: value for name, value in self.variables.items() if name not in names}
            | {name: value for name, value in variables.items() if value is not None},
            secrets={name: secret for name, secret in self.secrets.items() if name not in names} | {**secrets},
        )


def _parsed(secrets: Mapping[str, str] | None) -> dict[str, Secret]:
    parsed = {name: Secret.parse(reference) for name, reference in (secrets or {}).items()}
    return {name: secret for name, secret in parsed.items() if secret}
