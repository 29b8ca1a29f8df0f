"""What the tasks of one application share, and what a single one of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from modules.iam import Statement
from modules.task_definition.inputs import RuntimeInputs
from modules.task_definition.secret import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """The image of an application, where it runs and how."""

    prefix: str
    region: str
    account_id: str
    image: str
    ecr_repository_arn: str
    runtime: RuntimeInputs


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskEnvironment:
    """What one task knows and may do, beside what the inputs add for all of them."""

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    statements: Sequence[Statement] = ()
