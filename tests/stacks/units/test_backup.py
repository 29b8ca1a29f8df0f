"""The backup unit: whatever holds data is backed up, apart from it, and nobody deletes that before its time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cdktf import Testing

from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs, VaultLockInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.observability.inputs import ObservabilityInputs
from modules.validation import line, problems
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from stacks.unit_names import BACKUP, OBSERVABILITY
from tests.support import Json, environment, synthesized

VAULT = "arn:aws:backup:us-east-1:444444444444:backup-vault:shop"
KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
FILES = "fs-0123456789abcdef0"


def backed_up(of: Environment | None = None, **inputs: Any) -> Environment:
    return replace(of or environment(), backup=BackupInputs(**inputs))


def with_volumes(**volumes: EfsVolumeInputs) -> Environment:
    of = environment()
    return replace(of, django_service=replace(of.django_service, volumes=volumes))


def resources(of: Environment, name: str = BACKUP) -> Json:
    (found,) = (each for each in compose(Testing.app(), of) if name == each.NAME)
    document: Json = synthesized(found)
    return {**document["resource"], "provider": document["provider"]["aws"], "output": document["output"]}


def said(of: Environment) -> list[str]:
    return [line(problem) for problem in problems(of)]


def test_an_environment_that_does_not_ask_for_it_has_none() -> None:
    assert BACKUP not in environment().units
    assert BACKUP not in {unit.NAME for unit in compose(Testing.app(), environment())}
    assert backed_up().units[-1] == BACKUP


def test_the_database_is_backed_up_each_day_and_no_tag_has_a_say() -> None:
    made = resources(backed_up(daily_at="07:05", keep_days=14))
    (plan,), (selection,) = made["aws_backup_plan"].values(), made["aws_backup_selection"].values()
    (rule,) = plan["rule"]
    assert (rule["schedule"], rule["lifecycle"], rule["copy_action"]) == ("cron(5 7 * * ? *)", {"delete_after": 14}, [])
    assert selection["resources"] == ["${data.terraform_remote_state.postgresql.outputs.arn}"]
    assert "selection_tag" not in selection


def test_each_file_system_is_backed_up_once() -> None:
    mounted: dict[str, Any] = {"mounted_by": ("web",), "file_system_id": FILES}
    of = with_volumes(
        media=EfsVolumeInputs(path="/app/media", mounted_by=("web",)),
        reports=EfsVolumeInputs(path="/reports", access_point_id="fsap-0123456789abcdef0", **mounted),
        invoices=EfsVolumeInputs(path="/invoices", access_point_id="fsap-0123456789abcdef1", **mounted),
    )
    (selection,) = resources(backed_up(of))["aws_backup_selection"].values()
    read = "data.terraform_remote_state.django_service.outputs.file_system_arns"
    assert selection["resources"][1:] == [f"${{element({read}, {index})}}" for index in range(2)]
    published = resources(backed_up(of), "django-service")["output"]["file_system_arns"]["value"]
    existing = f"arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/{FILES}"
    assert published == ["${aws_efs_file_system.volume_media.arn}", existing]


def test_nobody_deletes_a_backup_before_its_time_unless_it_is_to_be_destroyed() -> None:
    (policy,) = resources(backed_up())["aws_backup_vault_policy"].values()
    (statement,) = json.loads(policy["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", {"AWS": "*"})
    assert statement["Action"] == ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"]
    forced = resources(backed_up(force_destroy=True))
    assert "aws_backup_vault_policy" not in forced
    assert all(vault["force_destroy"] for vault in forced["aws_backup_vault"].values())


def test_a_copy_in_another_region_is_kept_as_safe_as_the_backup() -> None:
    copy = BackupCopyInputs(region="eu-west-1", keep_days=90)
    made = resources(backed_up(copies=(copy,), lock=VaultLockInputs(min_days=7)))
    assert [each.get("alias") for each in made["provider"]] == [None, "eu-west-1"]
    assert made["provider"][1]["allowed_account_ids"] == ["123456789012"]
    for kind in ("aws_backup_vault", "aws_backup_vault_policy", "aws_backup_vault_lock_configuration"):
        there = [each for each in made[kind].values() if each.get("provider") == "aws.eu-west-1"]
        assert (len(made[kind]), len(there)) == (2, 1)
    (plan,) = made["aws_backup_plan"].values()
    (action,) = plan["rule"][0]["copy_action"]
    expected = {
        "destination_vault_arn": "${aws_backup_vault.backup_vault_eu_west_1.arn}",
        "lifecycle": {"delete_after": 90},
    }
    assert action == expected


def test_a_region_that_retires_has_a_provider_for_its_vault_to_be_deleted_by() -> None:
    made = resources(backed_up(retiring_regions=("eu-west-1",)))
    assert [each.get("alias") for each in made["provider"]] == [None, "eu-west-1"]
    assert len(made["aws_backup_vault"]) == 1


def test_only_a_lock_in_compliance_cannot_be_taken_back() -> None:
    def days(**lock: Any) -> int | None:
        made = resources(backed_up(lock=VaultLockInputs(**lock)))["aws_backup_vault_lock_configuration"]
        found: int | None = made["backup_vault_lock"].get("changeable_for_days")
        return found

    assert days() is None
    assert days(mode="compliance", changeable_days=10) == 10


def test_the_role_is_for_aws_backup_of_this_account_and_restores_only_where_that_is_tested() -> None:
    made = resources(backed_up())
    (role,) = made["aws_iam_role"].values()
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "backup.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert len(made["aws_iam_role_policy_attachment"]) == 1
    assert len(resources(backed_up(restore_testing=RestoreTestingInputs()))["aws_iam_role_policy_attachment"]) == 2


def test_a_test_restores_into_the_subnets_and_the_group_of_the_database() -> None:
    (selection,) = resources(
        backed_up(restore_testing=RestoreTestingInputs(instance_class="db.t4g.micro", validation_hours=2))
    )["aws_backup_restore_testing_selection"].values()
    group = "data.terraform_remote_state.postgresql.outputs.security_group_id"
    assert selection["restore_metadata_overrides"] == {
        "dbInstanceClass": "db.t4g.micro",
        "dbSubnetGroupName": "django-test-postgresql",
        "vpcSecurityGroupIds": f"${{jsonencode([{group}])}}",
    }
    assert selection["validation_window_hours"] == 2


def test_what_fails_is_reported_where_an_environment_is_watched() -> None:
    alerts = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)))
    watched = backed_up(environment(alerts=alerts, observability=ObservabilityInputs()))
    rules = {each["name"]: json.loads(each["event_pattern"]) for each in _rules(watched)}
    vault = "arn:aws:backup:us-east-1:123456789012:backup-vault:django-test-backup"
    assert rules["django-test-backup-failed"]["detail"]["backupVaultArn"] == [vault]
    assert rules["django-test-backup-copy-failed"]["detail"]["sourceBackupVaultArn"] == [vault]
    (role,) = resources(watched)["aws_iam_role"].values()
    (restored,) = rules["django-test-restore-test-failed"]["detail"]["iamRoleArn"]
    assert restored.endswith(f":role/{role['name']}")
    assert (
        not {*rules} & {each["name"] for each in _rules(replace(watched, backup=None))} & {"django-test-backup-failed"}
    )


def _rules(of: Environment) -> list[Json]:
    return [*resources(of, OBSERVABILITY)["aws_cloudwatch_event_rule"].values()]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (
            backed_up(daily_at="02:30"),
            "backup.daily_at: RDS makes none in postgresql.backup_window, 03:00-04:00, and the hour before",
        ),
        (
            backed_up(daily_at="04:10"),
            "backup.daily_at: RDS makes none in postgresql.maintenance_window, sun:04:00-sun:05:00",
        ),
        (
            backed_up(copies=(BackupCopyInputs(region="us-east-1"),)),
            "backup.copies[0].region: is the region of the environment itself",
        ),
        (
            backed_up(retiring_regions=("us-east-1",)),
            "backup.retiring_regions: names the region of the environment itself",
        ),
        (
            backed_up(copies=(BackupCopyInputs(vault_arn=VAULT),)),
            "backup.copies[0].vault_arn: the database has AWS's key (aws/rds), and no other account reads what that",
        ),
        (
            backed_up(kms_key_arn=KEY.replace("us-east-1", "eu-west-1")),
            "backup.kms_key_arn: the key is of eu-west-1, the environment of us-east-1",
        ),
        (
            backed_up(environment(protected=True), force_destroy=True),
            "backup.force_destroy: is True in a protected environment, and the backups go with what they are of",
        ),
    ],
)
def test_what_would_fail_at_night_or_lose_backups_is_refused_at_once(of: Environment, expected: str) -> None:
    assert [each for each in said(of) if each.startswith(expected)]


def test_a_copy_to_another_account_needs_keys_of_ones_own_for_whatever_is_backed_up() -> None:
    def found(of: Environment, **inputs: Any) -> list[str]:
        postgresql = replace(of.postgresql, kms_key_arn=KEY)
        return said(
            backed_up(replace(of, postgresql=postgresql), copies=(BackupCopyInputs(vault_arn=VAULT),), **inputs)
        )

    volumes = with_volumes(media=EfsVolumeInputs(path="/app/media", mounted_by=("web",)))
    assert found(environment()) == []
    (only,) = found(volumes)
    assert only.startswith("backup.copies[0].vault_arn: the vault has AWS's key (aws/backup)")
    assert found(volumes, kms_key_arn=KEY) == []
    own = replace(BackupCopyInputs(vault_arn=VAULT), vault_arn=VAULT.replace("4" * 12, "123456789012"))
    assert "is a vault of this account" in said(backed_up(copies=(own,)))[0]


def test_names_that_a_vault_cannot_have_are_refused() -> None:
    long = backed_up(environment(project="p" * 22, name="n" * 22), copies=())
    assert any("the name of the backup vault" in each and "AWS takes 50" in each for each in said(long))
    assert BootstrapInputs() == long.bootstrap
