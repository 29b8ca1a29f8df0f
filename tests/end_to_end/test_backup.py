"""Backups live on the local AWS: apply, an empty second plan, other inputs, destroy, as the pipeline's role may.

Of the other units there are only outputs, in states of their own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.recording import rows
from cli.local_aws.server import LocalAws
from cli.review.planning.inputs import state_with
from cli.terraform.runner import TerraformFailed
from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs, VaultLockInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from stacks.config.schema import Environment
from stacks.unit_names import BACKUP
from tests.end_to_end import variants
from tests.stacks.permissions.policies import bootstrap, environment, statements
from tests.stacks.permissions.recorded import denied

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

FIRST = BackupInputs(
    lock=VaultLockInputs(min_days=7),
    copies=(BackupCopyInputs(region="eu-west-1", keep_days=90),),
    restore_testing=RestoreTestingInputs(),
)
SECOND = BackupInputs(
    daily_at="10:30",
    keep_days=14,
    copies=(BackupCopyInputs(region="eu-west-1"),),
    restore_testing=RestoreTestingInputs(schedule="cron(0 12 1 * ? *)", validation_hours=2),
)


def deployment(of: Environment, aws: LocalAws, directory: Path) -> LocalDeployment:
    directory.mkdir()
    variants.write("prod", directory / "cdktf.out", variants.unprotected, lambda _: of)
    return LocalDeployment(directory / "cdktf.out", directory, aws)


def test_backups_live_from_deploy_to_destroy(aws: LocalAws, tmp_path: Path, subtests: pytest.Subtests) -> None:
    unprotected = variants.unprotected(environment())
    volumes = {"media": EfsVolumeInputs(path="/app/media", mounted_by=("web",))}
    service = replace(unprotected.django_service, volumes=volumes)
    first = replace(unprotected, backup=FIRST, django_service=service)
    made = deployment(first, aws, tmp_path / "first")
    made.bootstrap()
    (backup,) = (unit for unit in made.units if unit.role == BACKUP)
    for name, outputs in backup.mocks.items():
        upstream = next(each for each in made.units if each.role == name.replace("_", "-"))
        _, backend = upstream.backend
        state = json.dumps(state_with(outputs))
        made.client("s3").put_object(Bucket=backend["bucket"], Key=backend["key"], Body=state)
    made.initialize(backup)
    aws.calls.is_on = True
    made.apply(backup)
    with subtests.test("a second plan is empty"):
        assert made.plan(backup) == {}
    outputs = made.outputs(backup)
    with subtests.test("it covers the database and the volume, and copies to the other region"):
        assert [arn.split(":")[2] for arn in outputs["resource_arns"]] == ["rds", "elasticfilesystem"]
        assert outputs["copy_vault_arns"] == ["arn:aws:backup:eu-west-1:333333333333:backup-vault:django-prod-backup"]
    changed = deployment(replace(first, backup=SECOND), aws, tmp_path / "second")
    (backup,) = (unit for unit in changed.units if unit.role == BACKUP)
    changed.initialize(backup)
    with subtests.test("other inputs replace nothing, and unlock what is no longer locked"):
        assert changed.plan(backup) == {
            "aws_backup_plan.backup_plan": ["update"],
            "aws_backup_restore_testing_plan.backup_restore_testing": ["update"],
            "aws_backup_restore_testing_selection.backup_restore_testing_postgresql": ["update"],
            "aws_backup_vault_lock_configuration.backup_vault_eu_west_1_lock": ["delete"],
            "aws_backup_vault_lock_configuration.backup_vault_lock": ["delete"],
        }
    changed.apply(backup)
    with subtests.test("and are there"):
        assert changed.plan(backup) == {}
    client = changed.client("backup")
    client.start_backup_job(
        BackupVaultName=outputs["vault_name"], ResourceArn=outputs["resource_arns"][0], IamRoleArn=outputs["role_arn"]
    )
    with (
        subtests.test("a vault that holds a backup is not destroyed"),
        pytest.raises(TerraformFailed, match="recovery"),
    ):
        changed.destroy(backup)
    last = deployment(replace(first, backup=replace(SECOND, force_destroy=True)), aws, tmp_path / "last")
    (backup,) = (unit for unit in last.units if unit.role == BACKUP)
    last.initialize(backup)
    last.apply(backup)
    last.destroy(backup)
    with subtests.test("unless its data say so, and then nothing is left"):
        assert last.resources(backup) == []
        assert client.list_backup_vaults()["BackupVaultList"] == client.list_backup_plans()["BackupPlansList"] == []
    with subtests.test("the role that deploys may call all of that"):
        seen = aws.calls.take()
        assert aws.calls.unknown == set()
        named = {"backup:CreateBackupSelection", "backup:DeleteRecoveryPoint", "backup:UpdateRestoreTestingPlan"}
        assert named | {"iam:PassRole"} <= {call.action for call in seen}
        forced = replace(first, backup=replace(FIRST, force_destroy=True))
        role = statements(bootstrap(forced), "apply")
        assert list(denied(role, rows({"apply": seen}, first), first.permissions_boundary_arn or "")) == []
