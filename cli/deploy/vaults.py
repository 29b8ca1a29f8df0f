"""Vaults of AWS Backup, which AWS does not delete while they hold a backup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """A vault that Terraform does not empty before it deletes it."""

    address: str
    """In Terraform, such as `aws_backup_vault.backup_vault`."""
    name: str
    region: str

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Iterator[Self]:
        """Those of a resource of a state."""
        if resource["type"] != "aws_backup_vault":
            return
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            if not attributes.get("force_destroy"):
                address = f"aws_backup_vault.{resource['name']}"
                yield cls(address=address, name=attributes["name"], region=attributes["arn"].split(":")[3])

    def held(self, session: boto3.Session) -> int:
        """How many backups it holds; 0 where it is gone."""
        client = session.client("backup", region_name=self.region)
        pages = client.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=self.name)
        try:
            return sum(len(page["RecoveryPoints"]) for page in pages)
        except client.exceptions.ResourceNotFoundException:
            return 0
