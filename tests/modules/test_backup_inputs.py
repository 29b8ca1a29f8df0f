"""Inputs of backups: what AWS would refuse, or would fail with each night, is refused in a line."""

from __future__ import annotations

from typing import Any

import pytest

from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs, VaultLockInputs
from modules.rules import daily_window
from modules.validation import line, problems

VAULT = "arn:aws:backup:us-east-1:444444444444:backup-vault:shop"
KEY = "arn:aws:kms:{}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def said(inputs: Any) -> list[str]:
    return [line(problem) for problem in problems(inputs)]


def test_the_defaults_are_right() -> None:
    assert said(BackupInputs(lock=VaultLockInputs(), restore_testing=RestoreTestingInputs())) == []


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (BackupInputs(daily_at="6:00"), "daily_at: '6:00' is not a time"),
        (BackupInputs(daily_at="24:00"), "daily_at: '24:00' is not a time"),
        (BackupInputs(keep_days=0), "keep_days: got 0: choose 1 to 36500"),
        (BackupInputs(start_minutes=59), "start_minutes: got 59: choose 60 or more"),
        (BackupInputs(completion_minutes=119), "completion_minutes: 119 minutes are less than an hour after"),
        (BackupInputs(kms_key_arn="alias/backup"), "kms_key_arn: 'alias/backup' is no ARN of a KMS key"),
        (
            BackupInputs(copies=(BackupCopyInputs(region="eu-west-1"), BackupCopyInputs(region="eu-west-1"))),
            "copies: one region or account is named twice: name each once",
        ),
        (BackupInputs(retiring_regions=("Ireland",)), "retiring_regions: 'Ireland' is not a region"),
        (
            BackupInputs(copies=(BackupCopyInputs(region="eu-west-1"),), retiring_regions=("eu-west-1",)),
            "retiring_regions: one of them has copies, or is named twice",
        ),
        (BackupCopyInputs(), "region: goes without vault_arn, and one of them is needed"),
        (BackupCopyInputs(region="eu-west-1", vault_arn=VAULT), "region: goes without vault_arn"),
        (BackupCopyInputs(region="Ireland"), "region: 'Ireland' is not a region"),
        (BackupCopyInputs(vault_arn="shop"), "vault_arn: 'shop' is not the ARN of a backup vault"),
        (BackupCopyInputs(region="eu-west-1", keep_days=-1), "keep_days: got -1"),
        (BackupCopyInputs(region="eu-west-1", kms_key_arn=KEY.format("us-east-1")), "kms_key_arn: the key is of us-"),
        (BackupCopyInputs(vault_arn=VAULT, kms_key_arn=KEY.format("us-east-1")), "kms_key_arn: has no effect"),
        (VaultLockInputs(min_days=0), "min_days: got 0"),
        (VaultLockInputs(min_days=7, max_days=6), "max_days: got 6: choose min_days to 36500"),
        (VaultLockInputs(mode="compliance", changeable_days=2), "changeable_days: got 2: choose 3 or more"),
        (VaultLockInputs(changeable_days=5), 'changeable_days: has no effect with mode "governance"'),
        (RestoreTestingInputs(schedule="rate(7 days)"), "schedule: 'rate(7 days)' has not six fields"),
        (RestoreTestingInputs(schedule="cron(0 9 * * *)"), "schedule: 'cron(0 9 * * *)' has not six fields"),
        (RestoreTestingInputs(validation_hours=169), "validation_hours: got 169: choose 0 to 168"),
        (RestoreTestingInputs(instance_class="t4g.small"), "instance_class: 't4g.small' is not an instance class"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(inputs: Any, expected: str) -> None:
    (only,) = said(inputs)
    assert only.startswith(expected)


def test_a_lock_that_would_refuse_each_backup_or_copy_is_refused() -> None:
    copies = (BackupCopyInputs(region="eu-west-1", keep_days=400), BackupCopyInputs(vault_arn=VAULT, keep_days=400))
    inputs = BackupInputs(keep_days=6, copies=copies, lock=VaultLockInputs(min_days=7, max_days=365))
    # The vault of another account has the lock that its owner gives it.
    assert [each.partition(":")[0] for each in said(inputs)] == ["keep_days", "copies[0].keep_days"]


def test_nobody_empties_a_vault_in_compliance() -> None:
    (only,) = said(BackupInputs(lock=VaultLockInputs(mode="compliance"), force_destroy=True))
    assert only.startswith("force_destroy: nobody deletes a backup of a vault that is locked in compliance mode: ")
    assert said(BackupInputs(lock=VaultLockInputs(), force_destroy=True)) == []


@pytest.mark.parametrize(
    ("daily_at", "meets"),
    [("02:00", True), ("01:00", True), ("00:59", False), ("03:59", True), ("04:00", False), ("23:30", False)],
)
def test_a_backup_starts_apart_from_a_window_of_rds_and_the_hour_before(daily_at: str, meets: bool) -> None:
    window = daily_window("03:00-04:00")
    assert window
    # AWS may take an hour to start it, so that one from 00:59 on starts before 01:59 and one from 01:00 on at 02:00.
    assert BackupInputs(daily_at=daily_at, start_minutes=61).meets(window) is meets


def test_windows_past_midnight_are_met_too() -> None:
    window = daily_window("23:30-00:30")
    assert window
    found = {at: BackupInputs(daily_at=at).meets(window) for at in ("22:00", "23:50", "00:15", "00:30", "21:30")}
    assert found == {"22:00": True, "23:50": True, "00:15": True, "00:30": False, "21:30": False}
