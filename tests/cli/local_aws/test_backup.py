"""AWS Backup on the local AWS keeps what it was given, and lets nothing go that AWS would keep."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough

ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
DATABASE = f"arn:aws:rds:us-east-1:{ACCOUNT}:db:it"
SELECTION: dict[str, Any] = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": [DATABASE]}
RULE = {"RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 6 * * ? *)"}


def refused(call: Any, code: str, **given: Any) -> None:
    with pytest.raises(ClientError, match=code):
        call(**given)


def test_a_plan_is_changed_and_goes_when_nothing_is_selected_by_it(aws: LocalAws) -> None:
    backup = aws.client("backup", ACCOUNT)
    plan = {
        "BackupPlanId": backup.create_backup_plan(BackupPlan={"BackupPlanName": "it", "Rules": [RULE]})["BackupPlanId"]
    }
    changed: dict[str, Any] = {"BackupPlanName": "it", "Rules": [{**RULE, "Lifecycle": {"DeleteAfterDays": 7}}]}
    backup.update_backup_plan(**plan, BackupPlan=changed)
    assert backup.get_backup_plan(**plan)["BackupPlan"]["Rules"][0]["Lifecycle"] == {"DeleteAfterDays": 7}
    selection = {
        **plan,
        "SelectionId": backup.create_backup_selection(**plan, BackupSelection=SELECTION)["SelectionId"],
    }
    assert backup.get_backup_selection(**selection)["BackupSelection"] == SELECTION
    refused(backup.delete_backup_plan, "InvalidRequestException", **plan)
    backup.delete_backup_selection(**selection)
    refused(backup.get_backup_selection, "ResourceNotFoundException", **selection)
    backup.delete_backup_plan(**plan)
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "it", "Rules": [RULE]})


def test_a_vault_has_its_policy_and_stays_while_it_holds_a_backup(aws: LocalAws) -> None:
    backup = aws.client("backup", ACCOUNT)
    vault = {"BackupVaultName": "vault"}
    backup.create_backup_vault(**vault)
    refused(backup.get_backup_vault_access_policy, "ResourceNotFoundException", **vault)
    backup.put_backup_vault_access_policy(**vault, Policy="{}")
    assert backup.get_backup_vault_access_policy(**vault)["Policy"] == "{}"
    backup.delete_backup_vault_access_policy(**vault)
    refused(backup.get_backup_vault_access_policy, "ResourceNotFoundException", **vault)
    job = {"BackupJobId": backup.start_backup_job(**vault, ResourceArn=DATABASE, IamRoleArn=ROLE)["BackupJobId"]}
    assert [backup.describe_backup_job(**job)["State"] for _ in range(2)] == ["RUNNING", "COMPLETED"]
    (point,) = backup.list_recovery_points_by_backup_vault(**vault)["RecoveryPoints"]
    assert point["RecoveryPointArn"].startswith(f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:awsbackup:job-")
    named = {**vault, "RecoveryPointArn": point["RecoveryPointArn"]}
    assert backup.describe_recovery_point(**named)["ResourceArn"] == DATABASE
    refused(backup.delete_backup_vault, "contains recovery points", **vault)
    backup.delete_recovery_point(**named)
    backup.delete_backup_vault(**vault)


def test_restores_are_tested_as_they_were_asked_for(aws: LocalAws) -> None:
    backup = aws.client("backup", ACCOUNT)
    points = {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": ["*"], "RecoveryPointTypes": ["SNAPSHOT"]}
    plan: dict[str, Any] = {"RecoveryPointSelection": points, "ScheduleExpression": "cron(0 9 ? * SUN *)"}
    named, selected = {"RestoreTestingPlanName": "it"}, {"RestoreTestingSelectionName": "postgresql"}
    backup.create_restore_testing_plan(RestoreTestingPlan={**named, **plan})
    backup.update_restore_testing_plan(**named, RestoreTestingPlan={"ScheduleExpression": "cron(0 9 1 * ? *)"})
    assert backup.get_restore_testing_plan(**named)["RestoreTestingPlan"]["ScheduleExpression"] == "cron(0 9 1 * ? *)"
    of: dict[str, Any] = {"IamRoleArn": ROLE, "ProtectedResourceType": "RDS", "ProtectedResourceArns": [DATABASE]}
    backup.create_restore_testing_selection(**named, RestoreTestingSelection={**selected, **of})
    longer = {"ValidationWindowHours": 2}
    backup.update_restore_testing_selection(**named, **selected, RestoreTestingSelection=longer)
    found = backup.get_restore_testing_selection(**named, **selected)["RestoreTestingSelection"]
    assert {name: found[name] for name in (*of, *longer)} == {**of, **longer}
    backup.delete_restore_testing_selection(**named, **selected)
    refused(backup.get_restore_testing_selection, "ResourceNotFoundException", **named, **selected)
    backup.delete_restore_testing_plan(**named)
    refused(backup.get_restore_testing_plan, "ResourceNotFoundException", **named)
