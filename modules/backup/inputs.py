"""Inputs of AWS Backup: when a backup is made, how long it is kept, and where its copies are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from modules import rules
from modules.validation import Problem, inputs, show

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_VAULT = re.compile(r"arn:aws:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_-]{2,50}")
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
_LONGEST_DAYS = 36_500
# RDS makes no snapshot for AWS Backup in its own windows, and in the hour before each of them.
# https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html
_HOUR = 60


@inputs
class VaultLockInputs:
    """A lock on the vaults of the environment, in its own region and in that of a copy.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
    """

    mode: Literal["governance", "compliance"] = "governance"
    """ "governance": whoever may change the lock may remove it. "compliance": once `changeable_days` are over, nobody
    removes it or deletes a recovery point before its time, neither the root user nor AWS, and the vault is paid for
    until the last recovery point in it expires: an environment in compliance is destroyed only then."""
    min_days: int = 1
    """No recovery point is kept for less."""
    max_days: int | None = None
    """No recovery point is kept for longer. None: for as long as its rule says."""
    changeable_days: int = 3
    """Only with "compliance": how long the lock can still be removed, 3 days or more."""

    def rules(self) -> Iterator[Problem]:
        if not 1 <= self.min_days <= _LONGEST_DAYS:
            yield Problem("min_days", f"got {show(self.min_days)}", f"choose 1 to {_LONGEST_DAYS}")
        if self.max_days is not None and not self.min_days <= self.max_days <= _LONGEST_DAYS:
            yield Problem("max_days", f"got {show(self.max_days)}", f"choose min_days to {_LONGEST_DAYS}, or None")
        if not 3 <= self.changeable_days <= _LONGEST_DAYS:
            yield Problem("changeable_days", f"got {show(self.changeable_days)}", "choose 3 or more")
        elif self.mode == "governance" and self.changeable_days != 3:
            yield Problem("changeable_days", 'has no effect with mode "governance"', "remove it")


@inputs
class BackupCopyInputs:
    """Where each backup is copied to: a vault that is made in another region, or one of another account.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html
    """

    region: str | None = None
    """Another region of the same account, as `eu-west-1`."""
    vault_arn: str | None = None
    """A vault of another account, whose owner admits this one: docs/backup.md."""
    keep_days: int | None = None
    """How long a copy is kept. None: as long as the backup."""
    kms_key_arn: str | None = None
    """The customer-managed key of that region by which the vault there is encrypted. None: AWS's key. Only with
    `region`."""

    @property
    def name(self) -> str:
        """Names the copy: its region, or the account that has the vault."""
        return self.region or str(self.vault_arn).split(":")[4]

    def rules(self) -> Iterator[Problem]:
        if (self.region is None) == (self.vault_arn is None):
            yield Problem("region", "goes without vault_arn, and one of them is needed", "give either of them")
        if self.region is not None and not rules.REGION.fullmatch(self.region):
            yield Problem("region", f"{show(self.region)} is not a region", 'write it as "eu-west-1"')
        if self.vault_arn is not None and not _VAULT.fullmatch(self.vault_arn):
            remedy = 'write it as "arn:aws:backup:us-east-1:123456789012:backup-vault:name"'
            yield Problem("vault_arn", f"{show(self.vault_arn)} is not the ARN of a backup vault", remedy)
        yield from _days("keep_days", self.keep_days)
        wrong = [*rules.kms_key("kms_key_arn", self.kms_key_arn)]
        yield from wrong
        if self.kms_key_arn is None or wrong:
            return
        if self.region is None:
            yield Problem("kms_key_arn", "has no effect on a vault of another account", "remove it")
        elif (of := self.kms_key_arn.split(":")[3]) != self.region:
            yield Problem("kms_key_arn", f"the key is of {of}, the vault of {self.region}", "give a key of that region")


@inputs
class RestoreTestingInputs:
    """AWS restores the latest backup of the database by itself, and deletes what it has restored.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing.html
    """

    schedule: str = "cron(0 9 ? * SUN *)"
    """When, in UTC, as EventBridge writes it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html"""
    validation_hours: int = 0
    """For how many hours somebody may look at the restored database, which is paid for meanwhile: 0 to 168."""
    instance_class: str | None = None
    """None: the class of the database that was backed up."""

    def rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"cron\([0-9A-Z*?,/#L -]+\)", self.schedule) or len(self.schedule[5:-1].split()) != 6:
            yield Problem("schedule", f"{show(self.schedule)} has not six fields", 'write it as "cron(0 9 ? * SUN *)"')
        if not 0 <= self.validation_hours <= 168:
            yield Problem("validation_hours", f"got {show(self.validation_hours)}", "choose 0 to 168")
        if self.instance_class is not None and not re.fullmatch(r"db\.[a-z][a-z0-9-]*\.[a-z0-9]+", self.instance_class):
            what = f"{show(self.instance_class)} is not an instance class"
            yield Problem("instance_class", what, 'write it as "db.t4g.small"')


@inputs
class BackupInputs:
    """Daily backups of the database and of the volumes, in a vault apart from them.

    They come beside the backups that RDS makes itself (postgresql.backup_days), which restore to any second and go with
    the instance: https://docs.aws.amazon.com/aws-backup/latest/devguide/whatisbackup.html
    """

    daily_at: str = "06:00"
    """When the daily backup starts, in UTC."""
    keep_days: int = 35
    """How long a backup is kept."""
    start_minutes: int = 60
    """How long AWS may take to start a backup until it counts as expired: 60 or more."""
    completion_minutes: int = 480
    """How long after its time a backup may end: an hour more than start_minutes, or later."""
    kms_key_arn: str | None = None
    """The customer-managed key by which the vault encrypts backups of volumes. Those of the database always have the
    key of the database (postgresql.kms_key_arn). None: AWS's key."""
    lock: VaultLockInputs | None = None
    """None: backups can be deleted before their time by whoever may change the policy of the vault."""
    copies: tuple[BackupCopyInputs, ...] = ()
    retiring_regions: tuple[str, ...] = ()
    """The regions of copies that are no longer made, for the deployment that deletes the vaults there: Terraform needs
    a provider of the region for that."""
    restore_testing: RestoreTestingInputs | None = None
    before_each_release: bool = False
    """Whether `make deploy` makes a backup before it changes anything, and stops where there is none."""
    force_destroy: bool = False
    """Whether `make destroy` deletes the backups too. No protected environment may have it."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions of copies, and those that have some no longer."""
        return (*(each.region for each in self.copies if each.region), *self.retiring_regions)

    @property
    def all_keep_days(self) -> dict[str, int]:
        """How long backups and copies are kept, by the fields that say so."""
        copies = enumerate(self.copies)
        found = {f"copies[{index}].keep_days": each.keep_days for index, each in copies if each.region}
        return {"keep_days": self.keep_days, **{field: days for field, days in found.items() if days is not None}}

    def rules(self) -> Iterator[Problem]:
        if not _TIME.fullmatch(self.daily_at):
            yield Problem("daily_at", f"{show(self.daily_at)} is not a time", 'write it as "06:00" (UTC)')
        yield from _days("keep_days", self.keep_days)
        if self.start_minutes < 60:
            yield Problem("start_minutes", f"got {show(self.start_minutes)}", "choose 60 or more")
        if self.completion_minutes < self.start_minutes + 60:
            what = f"{show(self.completion_minutes)} minutes are less than an hour after start_minutes"
            yield Problem("completion_minutes", what, f"choose {self.start_minutes + 60} or more")
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)
        names = [each.name for each in self.copies]
        if len({*names}) < len(names):
            yield Problem("copies", "one region or account is named twice", "name each once")
        for region in self.retiring_regions:
            if not rules.REGION.fullmatch(region):
                yield Problem("retiring_regions", f"{show(region)} is not a region", 'write it as "eu-west-1"')
        if len({*self.retiring_regions} - {*names}) < len(self.retiring_regions):
            yield Problem("retiring_regions", "one of them has copies, or is named twice", "remove it")
        if self.lock is not None:
            yield from self._lock_rules(self.lock)

    def _lock_rules(self, lock: VaultLockInputs) -> Iterator[Problem]:
        if lock.mode == "compliance" and self.force_destroy:
            what = "nobody deletes a backup of a vault that is locked in compliance mode"
            yield Problem("force_destroy", what, 'set it to False, or lock.mode to "governance"')
        # AWS would refuse each backup, and not the rule: the jobs fail.
        for field, days in self.all_keep_days.items():
            if days < lock.min_days or (lock.max_days is not None and days > lock.max_days):
                what = f"{days} days are outside of the lock, so that each backup would fail"
                yield Problem(field, what, f"choose {lock.min_days} to {lock.max_days or _LONGEST_DAYS}")

    def meets(self, window: range) -> bool:
        """Whether a backup may start in a window of RDS, given by its minutes of a day or week, or shortly before."""
        hour, minute = map(int, self.daily_at.split(":"))
        start = hour * 60 + minute
        starts = {each % 1440 for each in range(start, start + self.start_minutes)}
        return not starts.isdisjoint(each % 1440 for each in range(window.start - _HOUR, window.stop))


def _days(field: str, days: int | None) -> Iterator[Problem]:
    if days is not None and not 1 <= days <= _LONGEST_DAYS:
        yield Problem(field, f"got {show(days)}", f"choose 1 to {_LONGEST_DAYS}")
