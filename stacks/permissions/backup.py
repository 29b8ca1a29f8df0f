"""AWS Backup: vaults, plans, and backups that a person or a deployment asks for."""

from __future__ import annotations

from collections.abc import Iterator

from modules.backup.service import BACKUP_POLICY, RESTORE_POLICY, SERVICE
from modules.iam import Statement
from stacks.config.schema import Environment
from stacks.permissions.scope import Scope, calls

_DESCRIBED = """
    DescribeBackupVault GetBackupPlan GetBackupSelection GetBackupVaultAccessPolicy ListTags
"""
_DESCRIBED_TESTS = "GetRestoreTestingPlan GetRestoreTestingSelection"
_VAULTS = """
    CreateBackupVault DeleteBackupVault DeleteBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration
    ListRecoveryPointsByBackupVault PutBackupVaultAccessPolicy PutBackupVaultLockConfiguration StartBackupJob
    TagResource UntagResource
"""
_PLANS = "CreateBackupSelection DeleteBackupPlan DeleteBackupSelection TagResource UntagResource UpdateBackupPlan"
_TESTS = """
    CreateRestoreTestingPlan CreateRestoreTestingSelection DeleteRestoreTestingPlan DeleteRestoreTestingSelection
    TagResource UntagResource UpdateRestoreTestingPlan UpdateRestoreTestingSelection
"""
_SERVICE_LINKED = {SERVICE: "AWSServiceRoleForBackup"}
_TESTS_LINKED = {"restore-testing.backup.amazonaws.com": "AWSServiceRoleForBackupRestoreTesting"}
# What AWS Backup does with a database and file systems, by its policies for backups and for restores.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
_MADE = """
    AddTagsToResource CopyDBSnapshot CreateDBSnapshot DescribeDBInstances DescribeDBSnapshots ListTagsForResource
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """The vaults, the plan and the tests."""
    inputs = scope.environment.backup
    if inputs is None:
        return
    tests = [_DESCRIBED_TESTS] if inputs.restore_testing else []
    yield Statement(
        sid="ReadBackups",
        actions=[action for names in (_DESCRIBED, *tests) for action in calls("backup", names)],
        resources=[*_vaults(scope), *_plans(scope), *(_tests(scope) if tests else [])],
    )


def change(scope: Scope) -> Iterator[Statement]:
    """The same, which backups there are, and backups now."""
    inputs = scope.environment.backup
    if inputs is None:
        return
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html
    yield Statement(sid="Vaults", actions=calls("backup", _VAULTS), resources=_vaults(scope))
    # A vault is made of storage and of its key, in the name of the caller.
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html
    yield Statement(sid="VaultStorage", actions=["backup-storage:MountCapsule"], resources=["*"])
    yield Statement(
        sid="VaultKeys",
        actions=calls("kms", "CreateGrant Decrypt DescribeKey GenerateDataKey RetireGrant"),
        resources=[f"arn:aws:kms:*:{scope.environment.account_id}:key/*"],
        condition={"StringLike": {"kms:ViaService": "backup.*.amazonaws.com"}},
    )
    # AWS draws the ids of plans.
    yield Statement(
        sid="MakePlan",
        actions=calls("backup", "CreateBackupPlan TagResource"),
        resources=_plans(scope),
        condition=scope.claiming(),
    )
    yield Statement(sid="Plans", actions=calls("backup", _PLANS), resources=_plans(scope), condition=scope.tagged())
    # AWS knows no resource for a job.
    yield Statement(sid="BackupJobs", actions=calls("backup", "DescribeBackupJob"), resources=["*"])
    yield from _role(scope)
    if inputs.restore_testing:
        yield Statement(sid="Tests", actions=calls("backup", _TESTS), resources=_tests(scope))
    if inputs.force_destroy:
        yield Statement(
            sid="DeleteBackups",
            actions=calls("backup", "DeleteRecoveryPoint DescribeRecoveryPoint"),
            resources=[_own_snapshots(scope), f"arn:aws:backup:*:{scope.environment.account_id}:recovery-point:*"],
        )


def _role(scope: Scope) -> Iterator[Statement]:
    """What identity.py allows with all roles, for AWS's policies and for AWS Backup, with that of backups alone."""
    role, boundary = scope.iam(f"role/{scope.prefix}-backup"), scope.environment.permissions_boundary_arn
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else {}
    yield Statement(
        sid="AttachBackupPolicies",
        actions=calls("iam", "AttachRolePolicy DetachRolePolicy"),
        resources=[role],
        condition={**bounded, "ArnEquals": {"iam:PolicyARN": [BACKUP_POLICY, RESTORE_POLICY]}},
    )
    yield Statement(
        sid="PassBackupRole",
        actions=["iam:PassRole"],
        resources=[role],
        condition={"StringEquals": {"iam:PassedToService": SERVICE}},
    )
    linked = service_linked(scope.environment)
    yield Statement(
        sid="BackupServiceRoles",
        actions=["iam:CreateServiceLinkedRole"],
        resources=[scope.iam(f"role/aws-service-role/{name}/{role}") for name, role in linked.items()],
        condition={"StringEquals": {"iam:AWSServiceName": list(linked)}},
    )


def service_linked(environment: Environment) -> dict[str, str]:
    """The roles of AWS's own services that backups need, by these services."""
    if environment.backup is None:
        return {}
    return _SERVICE_LINKED | (_TESTS_LINKED if environment.backup.restore_testing else {})


def bound(scope: Scope) -> Iterator[Statement]:
    """The most that the role of AWS Backup may do, of what its policies allow with all that is in the account."""
    environment = scope.environment
    inputs = environment.backup
    if inputs is None:
        return
    yield Statement(
        sid="Backups",
        actions=[
            *calls("backup", "CopyFromBackupVault CopyIntoBackupVault DescribeBackupVault"),
            *calls("rds", _MADE),
            *(["rds:RestoreDBInstanceFromDBSnapshot"] if inputs.restore_testing else []),
            *(calls("elasticfilesystem", "Backup DescribeTags") if environment.django_service.volumes else []),
            "kms:DescribeKey",
            "tag:GetResources",
        ],
        resources=["*"],
    )
    # Its own alone: whoever shares a snapshot gives the data away.
    shared = ["rds:ModifyDBSnapshotAttribute"] if any(each.vault_arn for each in inputs.copies) else []
    yield Statement(sid="OwnBackups", actions=["rds:DeleteDBSnapshot", *shared], resources=[_own_snapshots(scope)])
    yield Statement(
        sid="BackupKeys",
        actions=["kms:CreateGrant"],
        resources=["*"],
        condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def _vaults(scope: Scope) -> list[str]:
    # In whatever region: those of copies have the same name.
    return [f"arn:aws:backup:*:{scope.environment.account_id}:backup-vault:{scope.prefix}-backup"]


def _plans(scope: Scope) -> list[str]:
    return [scope.arn("backup", "backup-plan:*")]


def _tests(scope: Scope) -> list[str]:
    # AWS ends the name of one with an id that it draws.
    return [scope.arn("backup", f"restore-testing-plan:{scope.prefix.replace('-', '_')}-*")]


def _own_snapshots(scope: Scope) -> str:
    return f"arn:aws:rds:*:{scope.environment.account_id}:snapshot:awsbackup:*"
