"""What others may read of the backups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupOutputs:
    """Where backups are, who makes them, and of what."""

    vault_name: str
    vault_arn: str
    plan_id: str
    role_arn: str
    """Of the role that AWS Backup assumes."""
    resource_arns: list[str]
    """What is backed up: the database first, and then the file systems of volumes."""
    copy_vault_arns: list[str]
    """Where each backup is copied to."""

    @classmethod
    def mock(cls) -> Self:
        account = "us-east-1:000000000000"
        return cls(
            vault_name="mock-backup",
            vault_arn=f"arn:aws:backup:{account}:backup-vault:mock-backup",
            plan_id="00000000-0000-0000-0000-000000000000",
            role_arn="arn:aws:iam::000000000000:role/mock-backup",
            resource_arns=[f"arn:aws:rds:{account}:db:mock-postgresql"],
            copy_vault_arns=["arn:aws:backup:eu-west-1:000000000000:backup-vault:mock-backup"],
        )
