"""Django's SECRET_KEY in Secrets Manager."""

from __future__ import annotations

from dataclasses import replace

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct

from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.task_definition.secret import Secret
from modules.validation import validate


class DjangoSecretKey(Construct):
    """A secret of its own, or one that exists; `outputs` is what a task gets.

    What is drawn passes from an ephemeral resource to a write-only argument: neither state nor plan ever holds it.
    """

    def __init__(self, scope: Construct, id: str, *, inputs: DjangoSecretKeyInputs, prefix: str) -> None:
        super().__init__(scope, id)
        validate(inputs)
        existing = Secret.parse(inputs.existing) if inputs.existing else None
        self.outputs = replace(existing or self._draw(inputs, prefix), kms_key_arn=inputs.kms_key_arn)

    def _draw(self, inputs: DjangoSecretKeyInputs, prefix: str) -> Secret:
        secret = SecretsmanagerSecret(
            self,
            "Default",
            # A fixed name could not be used again while a destroyed secret waits for its recovery window to end.
            name_prefix=f"{prefix}/django-secret-key-",
            description="SECRET_KEY of Django",
            kms_key_id=inputs.kms_key_arn,
            recovery_window_in_days=inputs.recovery_days,
        )
        name = secret.friendly_unique_id
        version = SecretsmanagerSecretVersion(
            self,
            "version",
            secret_id=secret.id,
            secret_string_wo=f"${{ephemeral.aws_secretsmanager_random_password.{name}.random_password}}",
            secret_string_wo_version=inputs.version,
        )
        # The bindings know no ephemeral resources.
        TerraformStack.of(self).add_override(
            f"ephemeral.aws_secretsmanager_random_password.{name}",
            {
                "password_length": 64,
                "exclude_punctuation": True,
                # Excludes nothing. Until the secret exists its ARN is unknown, so that Terraform draws the key when it
                # applies, and a first plan needs no call of AWS.
                "exclude_characters": f"${{substr({secret.fqn}.arn, 0, 0)}}",
            },
        )
        # A version and not the latest: all tasks of a deployment share one key, and a new key is a new deployment.
        return Secret.version(secret.arn, version.version_id)
