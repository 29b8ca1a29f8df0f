"""Whom AWS Backup acts as."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.backup.service import BACKUP_POLICY, RESTORE_POLICY, SERVICE
from modules.iam import trust


class BackupRole(Construct):
    """A role with AWS's own policies, of which the boundary of the environment leaves what its stores need."""

    def __init__(self, scope: Construct, id: str, *, name: str, account_id: str, restores: bool) -> None:
        super().__init__(scope, id)
        role = IamRole(self, "Default", name=name, assume_role_policy=trust(SERVICE, account_id=account_id))
        policies = {"backup": BACKUP_POLICY, **({"restore": RESTORE_POLICY} if restores else {})}
        self.attachments = [
            IamRolePolicyAttachment(self, key, role=role.name, policy_arn=arn) for key, arn in policies.items()
        ]
        self.arn = role.arn
