"""Inputs of Django's SECRET_KEY."""

from __future__ import annotations

from collections.abc import Iterator

from modules import rules
from modules.task_definition.secret import Secret
from modules.validation import Problem, inputs, show


@inputs
class DjangoSecretKeyInputs:
    """A key that is drawn while Terraform applies and is in no state and no plan, or a secret that exists.

    https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key
    """

    existing: str | None = None
    """The ARN of a secret that exists, with `:json-key::` where its value is a JSON object. None: a new one."""
    version: int = 1
    """A higher number draws a new key and deploys it; it ends all sessions and password reset links."""
    kms_key_arn: str | None = None
    """The key of one's own that encrypts the secret; None: that of Secrets Manager."""
    recovery_days: int = 30
    """How long a deleted secret can be restored: 7 to 30."""

    def rules(self) -> Iterator[Problem]:
        if self.existing is not None and Secret.parse(self.existing) is None:
            what = f"{show(self.existing)} is no full ARN of a secret"
            yield Problem("existing", what, "give the ARN, not the name")
        if self.existing is not None and self.version != 1:
            yield Problem("version", "has no effect on an existing secret", "rotate it where it is kept")
        if not 1 <= self.version <= 1_000_000:
            yield Problem("version", f"got {show(self.version)}", "count up from 1")
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)
        if not 7 <= self.recovery_days <= 30:
            yield Problem("recovery_days", f"got {show(self.recovery_days)}", "choose 7 to 30")
