"""A secret whose value is drawn while Terraform applies, and is in no state and no plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct


@dataclass(frozen=True, kw_only=True, slots=True)
class EphemeralSecret:
    """A secret, and the version that holds what was drawn."""

    resource: SecretsmanagerSecret
    version: SecretsmanagerSecretVersion


def ephemeral_secret(
    scope: Construct,
    *,
    name: str,
    description: str,
    version: int,
    kms_key_arn: str | None,
    recovery_days: int = 30,
    value: Callable[[str], str] = lambda password: password,
) -> EphemeralSecret:
    """The secret of a construct. A higher `version` draws a new password; `value` is what to store, by an expression.

    The password passes from an ephemeral resource to a write-only argument: neither state nor plan ever holds it.
    """
    secret = SecretsmanagerSecret(
        scope,
        "Default",
        # A fixed name could not be used again while a destroyed secret waits for its recovery window to end.
        name_prefix=f"{name}-",
        description=description,
        kms_key_id=kms_key_arn,
        recovery_window_in_days=recovery_days,
    )
    drawn = f"aws_secretsmanager_random_password.{secret.friendly_unique_id}"
    # The bindings know no ephemeral resources.
    TerraformStack.of(scope).add_override(
        f"ephemeral.{drawn}",
        {
            "password_length": 64,
            "exclude_punctuation": True,  # RDS refuses / @ " and the space
            # Excludes nothing. Until the secret exists its ARN is unknown, so that Terraform draws the password when it
            # applies, and a first plan needs no call of AWS.
            "exclude_characters": f"${{substr({secret.fqn}.arn, 0, 0)}}",
        },
    )
    stored = SecretsmanagerSecretVersion(
        scope,
        "version",
        secret_id=secret.id,
        secret_string_wo=f"${{{value(f'ephemeral.{drawn}.random_password')}}}",
        secret_string_wo_version=version,
    )
    return EphemeralSecret(resource=secret, version=stored)
