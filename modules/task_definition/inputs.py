"""Inputs that all tasks of an application share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from modules import given_names, rules
from modules.iam import Statement, policy
from modules.task_definition.environment import environment_rules
from modules.task_definition.secret import Secret
from modules.unrestricted_actions import UNRESTRICTED_ACTIONS
from modules.validation import Problem, inputs, show

# All policies of a role that are its own are 10,240 characters at most, of which this project's need up to 2,048.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_ADDITION = 10_240 - 2_048

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z][A-Za-z0-9]*\*?")


@inputs
class IamStatementInputs:
    """Something more that the application may do, as `s3:PutObject` on the objects of one bucket."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    """ARNs; "*" only for actions that AWS cannot restrict to a resource: modules/unrestricted_actions.py."""

    def rules(self) -> Iterator[Problem]:
        for field in ("actions", "resources"):
            if not getattr(self, field):
                yield Problem(field, "is empty", "name at least one")
        for action in self.actions:
            if not _ACTION.fullmatch(action):
                yield Problem("actions", f"{show(action)} is no action", 'write it as "s3:GetObject" or "s3:Get*"')
        for resource in self.resources:
            if resource == "*":
                for action in sorted({*self.actions} - UNRESTRICTED_ACTIONS):
                    remedy = "name the ARNs; of an action that has none, tell modules/unrestricted_actions.py"
                    yield Problem("resources", f'"*" with {show(action)} allows it with everything', remedy)
            elif not re.fullmatch(r"arn:aws:[a-z0-9-]+:[\x21-\x7e]+", resource):
                yield Problem("resources", f"{show(resource)} is no ARN", 'write it as "arn:aws:s3:::bucket/*"')


def statement_characters(statements: Iterable[IamStatementInputs]) -> int:
    """How long a policy of these is. IAM counts no spaces."""
    added = [Statement(actions=each.actions, resources=each.resources) for each in statements]
    return len(policy(added).replace(" ", ""))


def secret_characters(references: Iterable[str], kms_key_arns: Iterable[str]) -> int:
    """How long the ARNs of secrets and of keys are in a policy."""
    given = [secret.arn for secret in map(Secret.parse, references) if secret]
    return sum(len(arn) + 3 for arn in {*given, *kms_key_arns})


@inputs
class RuntimeInputs:
    """How every task of the application runs: services and one-off tasks alike."""

    cpu_architecture: Literal["ARM64", "X86_64"] = "ARM64"
    """That of the image; ARM64 (Graviton) costs a fifth less."""
    read_only_root_filesystem: bool = True
    """Only /tmp and the application's `writable_directories` are writable.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html"""
    execute_command: bool = False
    """ECS Exec, a shell in a running task. Its agent writes to the root file system.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"""
    log_retention_days: int = 30
    log_groups: Mapping[str, str] | None = None
    """The log groups of tasks that are imported, by the task: `{"web": "/ecs/legacy-web"}`. All others are
    `/ecs/<project>-<environment>/<task>`. A change replaces the group, and the log is lost."""
    role_names: Mapping[str, str] | None = None
    """The names of roles that are imported, by the task and what the role is for:
    `{"web-task": "legacy-web", "web-execution": "legacy-ecs"}`. All others are `<project>-<environment>-web-task`. A
    change replaces the role."""
    log_kms_key_arn: str | None = None
    """The key's policy must allow logs.<region>.amazonaws.com; None: encrypted by CloudWatch with a key of its own."""
    variables: Mapping[str, str] | None = None
    """Further variables, in plain text: with `secrets` 55 KiB, as a task definition is 64 KiB at most."""
    public_variables: tuple[str, ...] = ()
    """Names of `variables` that look like those of secrets, and whose values everybody may have."""
    secrets: Mapping[str, str] | None = None
    """Further variables by the ARN of their secret: `arn:…:secret:name-AbCdEf`, with `:json-key::` where its value is a
    JSON object, or `arn:…:parameter/name`."""
    secret_kms_key_arns: tuple[str, ...] = ()
    """Keys of one's own that encrypt these secrets."""
    iam_statements: tuple[IamStatementInputs, ...] = ()
    """What the application may do in AWS beyond reaching its database and cache."""
    task_role_arn: str | None = None
    """A role of one's own for all tasks, in place of one for each; it then needs all of their permissions, such as
    rds-db:connect as `app_user` and as `migration_user` with authentication "iam"."""

    def log_group(self, prefix: str, task: str) -> str:
        """The log group of a task."""
        return (self.log_groups or {}).get(task, f"/ecs/{prefix}/{task}")

    def role_name(self, prefix: str, role: str) -> str:
        """The name of a role such as `web-task`."""
        return (self.role_names or {}).get(role, f"{prefix}-{role}")

    @property
    def platform(self) -> str:
        """That of the image, as Docker names it."""
        return {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}[self.cpu_architecture]

    def rules(self) -> Iterator[Problem]:
        if self.execute_command and self.read_only_root_filesystem:
            yield Problem(
                "execute_command",
                "the agent of ECS Exec cannot write to a read-only root file system",
                "set read_only_root_filesystem=False where you need a shell",
            )
        yield from rules.log_retention("log_retention_days", self.log_retention_days)
        for task, name in (self.log_groups or {}).items():
            yield from given_names.rules(given_names.LOG_GROUP, f"log_groups[{show(task)}]", name)
        for role, name in (self.role_names or {}).items():
            yield from given_names.rules(given_names.ROLE, f"role_names[{show(role)}]", name)
        yield from environment_rules(self.variables or {}, self.secrets or {}, self.public_variables)
        yield from self._size_rules()
        yield from self._iam_rules()

    @property
    def statement_characters(self) -> int:
        """How long a policy of `iam_statements` is."""
        return statement_characters(self.iam_statements)

    @property
    def secret_characters(self) -> int:
        """How long the ARNs of `secrets` and `secret_kms_key_arns` are in a policy."""
        return secret_characters((self.secrets or {}).values(), self.secret_kms_key_arns)

    def _size_rules(self) -> Iterator[Problem]:
        sizes = {
            "iam_statements": (self.statement_characters, "name fewer resources, or more of them by one wildcard"),
            "secrets": (self.secret_characters, "keep several values in one secret, each by its :json-key::"),
        }
        for field, (size, remedy) in sizes.items():
            if size > LONGEST_ADDITION:
                what = f"take {size:,} characters, and the policies of a role have room for {LONGEST_ADDITION:,}"
                yield Problem(field, what, remedy)

    def _iam_rules(self) -> Iterator[Problem]:
        yield from rules.kms_key("log_kms_key_arn", self.log_kms_key_arn)
        for arn in self.secret_kms_key_arns:
            yield from rules.kms_key("secret_kms_key_arns", arn)
        if self.task_role_arn is None:
            return
        if not rules.arn("iam", self.task_role_arn) or ":role/" not in self.task_role_arn:
            yield Problem("task_role_arn", f"{show(self.task_role_arn)} is no ARN of a role", "give the role's ARN")
        if self.iam_statements:
            yield Problem("iam_statements", "have no effect on a task_role_arn", "add them to that role")
