"""A master password that RDS does not keep, because it makes no read replica of an instance whose password it keeps.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations
"""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from cdktf_cdktf_provider_aws.secretsmanager_secret_version import SecretsmanagerSecretVersion
from constructs import Construct


class MasterPassword(Construct):
    """A secret of the shape that RDS gives its own, a JSON object with username and password.

    The password passes from an ephemeral resource to write-only arguments: neither state nor plan ever holds it.
    """

    def __init__(
        self, scope: Construct, id: str, *, prefix: str, username: str, version: int, kms_key_arn: str | None
    ) -> None:
        super().__init__(scope, id)
        self._secret = SecretsmanagerSecret(
            self,
            "Default",
            # A fixed name could not be used again while a destroyed secret waits for its recovery window to end.
            name_prefix=f"{prefix}/postgresql-master-",
            description="Master user of PostgreSQL",
            kms_key_id=kms_key_arn,
        )
        self._name = self._secret.friendly_unique_id
        drawn = f"ephemeral.aws_secretsmanager_random_password.{self._name}.random_password"
        stored = SecretsmanagerSecretVersion(
            self,
            "version",
            secret_id=self._secret.id,
            secret_string_wo=f'${{jsonencode({{username = "{username}", password = {drawn}}})}}',
            secret_string_wo_version=version,
        )
        # The bindings know no ephemeral resources.
        self._ephemeral(
            "aws_secretsmanager_random_password",
            {
                "password_length": 64,
                "exclude_punctuation": True,  # RDS refuses / @ " and the space
                # Excludes nothing. Until the secret exists its ARN is unknown, so that Terraform draws the password
                # when it applies, and a first plan needs no call of AWS.
                "exclude_characters": f"${{substr({self._secret.fqn}.arn, 0, 0)}}",
            },
        )
        # RDS gets what was stored and not what was drawn: these differ if an apply stopped between the two.
        self._ephemeral(
            "aws_secretsmanager_secret_version",
            {"secret_id": stored.secret_id, "version_id": stored.version_id},
        )

    @property
    def arn(self) -> str:
        """Of the secret."""
        return self._secret.arn

    @property
    def value(self) -> str:
        """For a write-only argument alone."""
        stored = f"ephemeral.aws_secretsmanager_secret_version.{self._name}.secret_string"
        return f"${{jsondecode({stored}).password}}"

    def _ephemeral(self, type_: str, arguments: dict[str, object]) -> None:
        TerraformStack.of(self).add_override(f"ephemeral.{type_}.{self._name}", arguments)
