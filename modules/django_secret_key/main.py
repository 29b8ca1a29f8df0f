"""Django's SECRET_KEY in Secrets Manager."""

from __future__ import annotations

from dataclasses import replace

from constructs import Construct

from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.ephemeral_secret import ephemeral_secret
from modules.task_definition.secret import Secret
from modules.validation import validate


class DjangoSecretKey(Construct):
    """A secret of its own, or one that exists; `outputs` is what a task gets."""

    def __init__(self, scope: Construct, id: str, *, inputs: DjangoSecretKeyInputs, prefix: str) -> None:
        super().__init__(scope, id)
        validate(inputs)
        existing = Secret.parse(inputs.existing) if inputs.existing else None
        self.outputs = replace(existing or self._draw(inputs, prefix), kms_key_arn=inputs.kms_key_arn)

    def _draw(self, inputs: DjangoSecretKeyInputs, prefix: str) -> Secret:
        secret = ephemeral_secret(
            self,
            name=f"{prefix}/django-secret-key",
            description="SECRET_KEY of Django",
            version=inputs.version,
            kms_key_arn=inputs.kms_key_arn,
            recovery_days=inputs.recovery_days,
        )
        # A version and not the latest: all tasks of a deployment share one key, and a new key is a new deployment.
        return Secret.version(secret.resource.arn, secret.version.version_id)
