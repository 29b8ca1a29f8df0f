"""A vault: what keeps backups apart from what they are of."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.backup_vault import BackupVault as AwsBackupVault
from cdktf_cdktf_provider_aws.backup_vault_lock_configuration import BackupVaultLockConfiguration
from cdktf_cdktf_provider_aws.backup_vault_policy import BackupVaultPolicy
from constructs import Construct

from modules.backup.inputs import VaultLockInputs
from modules.iam import Statement, policy

# Expiry is AWS Backup's own, and asks no policy.
_SHORTEN = ("backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle")


class BackupVault(Construct):
    """Encrypted, and with a policy by which nobody deletes a recovery point before its time, unless it is to be easy.

    A policy of a vault is no lock: whoever may change the policy may delete then.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        kms_key_arn: str | None,
        lock: VaultLockInputs | None,
        force_destroy: bool,
        provider: TerraformProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        there: dict[str, Any] = {"provider": provider} if provider else {}
        vault = AwsBackupVault(
            self, "Default", name=name, kms_key_arn=kms_key_arn, force_destroy=force_destroy, **there
        )
        if not force_destroy:
            BackupVaultPolicy(
                self,
                "policy",
                backup_vault_name=vault.name,
                policy=policy([Statement(effect="Deny", principal={"AWS": "*"}, actions=_SHORTEN, resources="*")]),
                **there,
            )
        if lock:
            BackupVaultLockConfiguration(
                self,
                "lock",
                backup_vault_name=vault.name,
                min_retention_days=lock.min_days,
                max_retention_days=lock.max_days,
                changeable_for_days=lock.changeable_days if lock.mode == "compliance" else None,
                **there,
            )
        self.name, self.arn = vault.name, vault.arn
