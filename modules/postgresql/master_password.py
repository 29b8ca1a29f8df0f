"""A master password that RDS does not keep, because it makes no read replica of an instance whose password it keeps.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-limitations
"""

from __future__ import annotations

from cdktf import TerraformStack
from constructs import Construct

from modules.ephemeral_secret import ephemeral_secret


class MasterPassword(Construct):
    """A secret of the shape that RDS gives its own, a JSON object with username and password."""

    def __init__(
        self, scope: Construct, id: str, *, prefix: str, username: str, version: int, kms_key_arn: str | None
    ) -> None:
        super().__init__(scope, id)
        secret = ephemeral_secret(
            self,
            name=f"{prefix}/postgresql-master",
            description="Master user of PostgreSQL",
            version=version,
            kms_key_arn=kms_key_arn,
            value=lambda password: f'jsonencode({{username = "{username}", password = {password}}})',
        )
        self.arn = secret.resource.arn
        stored = f"ephemeral.aws_secretsmanager_secret_version.{secret.resource.friendly_unique_id}"
        # RDS gets what was stored and not what was drawn: these differ if an apply stopped between the two.
        # The bindings know no ephemeral resources.
        TerraformStack.of(self).add_override(
            stored, {"secret_id": secret.version.secret_id, "version_id": secret.version.version_id}
        )
        self.value = f"${{jsondecode({stored}.secret_string).password}}"
        """For a write-only argument alone."""
