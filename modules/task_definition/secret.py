"""A secret that ECS reads when a task starts. Only its ARN is ever known here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

# Six random characters end the name of every secret in its ARN; JSON key, stage and version may follow, or be empty.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_SECRET = re.compile(
    r"(arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6})"
    r"(:[A-Za-z0-9/_+=.@-]*:[A-Za-z0-9/_+=.@-]*:[A-Za-z0-9-]*)?"
)
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
_PARAMETER = re.compile(r"arn:aws:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """What a container gets (`value_from`), and what its execution role must be allowed to read (`arn`)."""

    arn: str
    value_from: str
    kms_key_arn: str | None = None
    """A key of one's own; None: encrypted with the key of the AWS service, which needs no permission."""

    @property
    def is_parameter(self) -> bool:
        """Whether this lies in the SSM Parameter Store and not in Secrets Manager."""
        return self.arn.startswith("arn:aws:ssm:")

    @classmethod
    def parse(cls, reference: str) -> Self | None:
        """A reference as a user writes it; None where it is no full ARN.

        ECS takes a bare name for that of an SSM parameter, so the name of a secret fails when the task starts.
        """
        if _PARAMETER.fullmatch(reference):
            return cls(arn=reference, value_from=reference)
        found = _SECRET.fullmatch(reference)
        return cls(arn=found[1], value_from=reference) if found else None

    @classmethod
    def json_key(cls, arn: str, key: str, kms_key_arn: str | None = None, *, version_id: str = "") -> Self:
        """One key of a secret whose value is a JSON object, by default of its latest version."""
        return cls(arn=arn, value_from=f"{arn}:{key}::{version_id}", kms_key_arn=kms_key_arn)

    @classmethod
    def version(cls, arn: str, version_id: str) -> Self:
        """One version of a secret, so that a new one makes a new task definition and with it a deployment."""
        return cls(arn=arn, value_from=f"{arn}:::{version_id}")
