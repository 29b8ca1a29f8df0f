"""What the owners of a vault and of keys must set, so that backups are copied to another account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from modules.backup.inputs import BackupCopyInputs
from modules.iam import Condition, Statement, policy
from stacks.config.schema import Environment

# https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
_READ = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def explained(environment: Environment) -> Iterator[str]:
    """Lines for people; none where no copy goes to another account."""
    copies = environment.backup.copies if environment.backup else ()
    for copy in copies:
        if copy.vault_arn is not None:
            yield from _of(environment, copy)


def _of(environment: Environment, copy: BackupCopyInputs) -> Iterator[str]:
    account, vault = environment.account_id, str(copy.vault_arn).rpartition(":")[2]
    yield f"The owner of {copy.name} sets this policy of the vault {vault}, which has a key of its own, not aws/backup:"
    yield _shown(_admit("CopyHere", account, ["backup:CopyIntoBackupVault"]))
    inputs = environment.backup
    for key in (environment.postgresql.kms_key_arn, inputs.kms_key_arn if inputs else None):
        if key:
            yield f"You add to the policy of the key {key}:"
            only_aws: Condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            grant = _admit("GrantCopies", copy.name, ["kms:CreateGrant"], only_aws)
            yield _shown(_admit("ReadCopies", copy.name, _READ), grant)
    yield "Both accounts are of one organization, whose management account has turned cross-account backup on:"
    yield "aws backup update-global-settings --global-settings isCrossAccountBackupEnabled=true"


def _admit(sid: str, account_id: str, actions: Sequence[str], condition: Condition | None = None) -> Statement:
    principal = {"AWS": f"arn:aws:iam::{account_id}:root"}
    return Statement(sid=sid, principal=principal, actions=actions, resources="*", condition=condition)


def _shown(*statements: Statement) -> str:
    return json.dumps(json.loads(policy(statements)), indent=2)
