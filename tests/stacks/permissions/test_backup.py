"""What backups ask of the pipeline's roles and of the boundary, and that nobody has more by them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs
from modules.backup.service import BACKUP_POLICY
from stacks.config.schema import Environment
from stacks.permissions import backup
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, key, statements
from tests.support import Json

pytestmark = pytest.mark.thorough

ACCOUNT = "333333333333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/django-prod-backup"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bootstrap/django-prod-boundary"
SNAPSHOT = f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:{{}}"


def with_backups(**inputs: object) -> Environment:
    return replace(environment(), backup=replace(BackupInputs(), **inputs))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(with_backups(restore_testing=RestoreTestingInputs()))


def of_backups(found: list[Json]) -> set[str]:
    return {action for action in actions(found) if action.startswith(("backup", "tag:"))}


def test_who_asks_for_none_has_no_rights_to_any() -> None:
    document = bootstrap(environment())
    for role in ("plan", "drift", "apply", "boundary"):
        assert of_backups(statements(document, role)) == set()


def test_planning_starts_no_backup_and_reads_none(unit: Json) -> None:
    assert {action.split(":")[1][:3] for action in of_backups(statements(unit, "plan"))} == {"Des", "Get", "Lis"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_deploying_backs_up_into_our_vaults_wherever_they_are_and_into_no_others(unit: Json, region: str) -> None:
    role, vault = statements(unit, "apply"), f"arn:aws:backup:{region}:{ACCOUNT}:backup-vault"
    assert allows(role, "backup:StartBackupJob", f"{vault}:django-prod-backup")
    assert not allows(role, "backup:StartBackupJob", f"{vault}:django-staging-backup")


def test_it_hands_aws_backup_our_role_with_policies_of_aws_for_that_alone(unit: Json) -> None:
    role = statements(unit, "apply")
    passed = {"iam_PassedToService": "backup.amazonaws.com"}
    assert allows(role, "iam:PassRole", ROLE, **passed)
    assert not allows(role, "iam:PassRole", ROLE.replace("backup", "web-task"), **passed)
    attached = {"iam_PolicyARN": BACKUP_POLICY, "iam_PermissionsBoundary": BOUNDARY}
    assert allows(role, "iam:AttachRolePolicy", ROLE, **attached)
    assert not allows(role, "iam:AttachRolePolicy", ROLE.replace("backup", "web-task"), **attached)


def test_backups_are_deleted_only_where_the_data_say_so(unit: Json) -> None:
    point = SNAPSHOT.format("awsbackup:job-1")
    assert not allows(statements(unit, "apply"), "backup:DeleteRecoveryPoint", point)
    forced = statements(bootstrap(replace(with_backups(force_destroy=True), protected=False)), "apply")
    assert allows(forced, "backup:DeleteRecoveryPoint", point)
    assert not allows(forced, "backup:DeleteRecoveryPoint", SNAPSHOT.format("django-staging-postgresql-final"))


def test_the_boundary_lets_aws_backup_delete_its_own_snapshots_and_share_them_only_where_it_copies_to_others(
    unit: Json,
) -> None:
    own, other = SNAPSHOT.format("awsbackup:job-1"), SNAPSHOT.format("django-prod-postgresql-final")
    boundary = statements(unit, "boundary")
    assert allows(boundary, "rds:DeleteDBSnapshot", own)
    assert not allows(boundary, "rds:DeleteDBSnapshot", other)
    assert not allows(boundary, "rds:ModifyDBSnapshotAttribute", own)
    vault = BackupCopyInputs(vault_arn="arn:aws:backup:us-east-1:444444444444:backup-vault:shop")
    shared = replace(with_backups(copies=(vault,)), postgresql=replace(environment().postgresql, kms_key_arn=key(1)))
    assert allows(statements(bootstrap(shared), "boundary"), "rds:ModifyDBSnapshotAttribute", own)


def test_the_boundary_has_the_restore_only_where_it_is_tested_and_never_the_deletion_of_a_database(unit: Json) -> None:
    restore = "rds:RestoreDBInstanceFromDBSnapshot"
    assert restore in set(actions(statements(unit, "boundary")))
    assert restore not in set(actions(statements(bootstrap(with_backups()), "boundary")))
    assert "rds:DeleteDBInstance" not in set(actions(statements(unit, "boundary")))


def test_the_roles_of_its_services_are_made_where_they_are_needed() -> None:
    tested = with_backups(restore_testing=RestoreTestingInputs())
    made = [{**backup.service_linked(each)} for each in (environment(), with_backups(), tested)]
    assert [len(each) for each in made] == [0, 1, 2]
    (service, role), *_ = made[1].items()
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{role}"
    found = statements(bootstrap(tested), "apply")
    assert allows(found, "iam:CreateServiceLinkedRole", arn, iam_AWSServiceName=service)
