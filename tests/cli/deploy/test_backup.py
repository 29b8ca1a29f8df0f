"""`make backup` backs up whatever holds data, says what there is now, and claims nothing of what failed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import backup
from cli.deploy.backups import Backups
from cli.deploy.vaults import Vault
from cli.failure import Failure
from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from cli.terraform import environment as environments
from modules.backup.inputs import BackupCopyInputs, BackupInputs
from stacks.config.schema import Environment, S3State
from tests import configurations
from tests.support import environment

pytestmark = pytest.mark.thorough

ACCOUNT = "111122223333"
DATABASE = "django-dev-postgresql"
ARN = f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{DATABASE}"
FILES = f"arn:aws:elasticfilesystem:us-east-1:{ACCOUNT}:file-system/fs-0123456789abcdef0"
OUTPUTS = {
    "vault_name": "django-dev-backup",
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/django-dev-backup",
    "resource_arns": [ARN, FILES],
}
WITHOUT = environment(name="dev", account_id=ACCOUNT, state=S3State(bucket="states"))
DEV = replace(WITHOUT, backup=BackupInputs(keep_days=14))
REDIS: dict[str, Any] = {
    "ReplicationGroupId": "django-dev-redis",
    "ReplicationGroupDescription": "it",
    "Engine": "redis",
    "CacheNodeType": "cache.t4g.small",
    "NumCacheClusters": 2,
}


class Account:
    """What Terraform has made of the environment, as far as a backup reads it."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        self.aws, self.directory = aws, directory
        self.client("s3").create_bucket(Bucket="states")
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20
        )
        self.client("elasticache").create_replication_group(**REDIS, AutoMinorVersionUpgrade=True)
        self.client("backup").create_backup_vault(BackupVaultName="django-dev-backup")

    def client(self, service: str) -> Any:
        return self.aws.client(service, ACCOUNT)

    def deploy(self, of: Environment) -> None:
        """Write what `make backup` reads of the environment."""
        configurations.write(self.directory, of)
        state = json.dumps({"outputs": {name: {"value": value} for name, value in OUTPUTS.items()}})
        key = "django/dev/backup/terraform.tfstate"
        self.client("s3").put_object(Bucket="states", Key=key, Body=state)

    def points(self) -> dict[str, str]:
        """The recovery points, by what they are of."""
        found = self.client("backup").list_recovery_points_by_backup_vault(BackupVaultName="django-dev-backup")
        return {point["ResourceArn"]: point["RecoveryPointArn"] for point in found["RecoveryPoints"]}


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr("cli.deploy.backups.time.sleep", lambda _seconds: None)
    with LocalAws() as aws:
        for name, value in aws.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        yield Account(aws, tmp_path)


def backups(of: Environment, **more: Any) -> Backups:
    return Backups(of, environments.session_of(of), lambda *_, **__: None, poll_seconds=0, **more)


def test_all_that_the_plan_covers_is_in_the_vault_and_redis_in_a_snapshot(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.deploy(DEV)
    assert backup.main(["dev"], directory=account.directory) == 0
    out, err = capsys.readouterr()
    points = account.points()
    assert {*points} == {ARN, FILES}
    (snapshot,) = account.client("elasticache").describe_snapshots()["Snapshots"]
    assert re.sub(r"\d{4}-\d\d-\d\d", "…", out).splitlines() == [
        f"{DATABASE}: {points[ARN]}, kept until …",
        f"fs-0123456789abcdef0: {points[FILES]}, kept until …",
        f"django-dev-redis: {snapshot['SnapshotName']}, kept until somebody deletes it",
        "How to restore them: docs/backup.md",
    ]
    assert f"{DATABASE}: backing up: running, 50 %" in err


def test_without_a_vault_it_is_a_snapshot_of_rds(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.deploy(WITHOUT)
    assert backup.main(["dev"], directory=account.directory) == 0
    (snapshot,) = account.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{DATABASE}: {snapshot['DBSnapshotIdentifier']}, kept until somebody deletes it"
    assert {"Key": "Environment", "Value": "dev"} in snapshot["TagList"]
    assert account.points() == {}


def test_a_vault_that_is_not_deployed_yet_is_told_with_the_next_command(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    configurations.write(account.directory, DEV)
    assert backup.main(["dev"], directory=account.directory) == 1
    expected = "backup: dev-backup is not deployed, so that there is no vault: run `make deploy ENV=dev`\n"
    assert capsys.readouterr().err == expected


def test_a_database_that_there_is_not_ends_in_one_line(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.deploy(WITHOUT)
    account.client("rds").delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)
    assert backup.main(["dev"], directory=account.directory) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"{DATABASE}: RDS makes no snapshot: ")


@pytest.mark.parametrize("state", ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"])
def test_a_job_that_ends_without_a_backup_is_none(
    account: Account, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"State": state, "StatusMessage": "The key is disabled"}

    class Client:
        start_backup_job = staticmethod(lambda **_: {"BackupJobId": "1"})
        describe_backup_job = staticmethod(lambda **_: said)

    made = backups(DEV)
    monkeypatch.setattr(made.session, "client", lambda _: Client)
    with pytest.raises(Failure, match=f"^{DATABASE}: its backup is {state}: The key is disabled$"):
        made.in_vault(OUTPUTS)


def test_a_job_that_never_ends_is_given_up(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        start_backup_job = staticmethod(lambda **_: {"BackupJobId": "1"})
        describe_backup_job = staticmethod(lambda **_: {"State": "CREATED"})

    made = backups(DEV, timeout_seconds=0)
    monkeypatch.setattr(made.session, "client", lambda _: Client)
    with pytest.raises(Failure, match=f"^{DATABASE}: its backup is still created, 0 %: look at its jobs"):
        made.in_vault(OUTPUTS)


def test_a_fault_of_aws_ends_in_one_line_that_names_it(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.deploy(DEV)
    with account.aws.faults.injected("backup", Fault.ACCESS_DENIED):
        assert backup.main(["dev"], directory=account.directory) == 1
    (*_, last) = capsys.readouterr().err.splitlines()
    assert "StartBackupJob" in last


def test_what_others_must_set_is_printed_and_nothing_is_backed_up(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
    vault = "arn:aws:backup:us-east-1:444444444444:backup-vault:shop"
    copied = replace(
        DEV,
        postgresql=replace(DEV.postgresql, kms_key_arn=key),
        backup=BackupInputs(copies=(BackupCopyInputs(vault_arn=vault),)),
    )
    account.deploy(copied)
    assert backup.main(["dev", "--policy"], directory=account.directory) == 0
    vault_policy, key_policy = (
        json.loads(each) for each in re.findall(r"^\{.*?^\}", capsys.readouterr().out, re.MULTILINE | re.DOTALL)
    )
    (admits,) = vault_policy["Statement"]
    assert admits["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert admits["Action"] == ["backup:CopyIntoBackupVault"]
    reads, grants = key_policy["Statement"]
    assert {each["Principal"]["AWS"] for each in (reads, grants)} == {"arn:aws:iam::444444444444:root"}
    assert grants["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert account.points() == {}


def test_without_a_copy_elsewhere_there_is_no_policy_to_set(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.deploy(DEV)
    assert backup.main(["dev", "--policy"], directory=account.directory) == 1
    assert capsys.readouterr().err.startswith("backup: no copy of dev goes to another account: ")


def test_a_vault_knows_how_much_it_holds_wherever_it_is(account: Account) -> None:
    state = {"type": "aws_backup_vault", "name": "backup_vault"}

    def vaults(region: str, *, force_destroy: bool = False) -> list[Vault]:
        arn = f"arn:aws:backup:{region}:{ACCOUNT}:backup-vault:django-dev-backup"
        attributes = {"arn": arn, "name": "django-dev-backup", "force_destroy": force_destroy}
        return [*Vault.of({**state, "instances": [{"attributes": attributes}]})]

    backups(DEV).in_vault(OUTPUTS)
    session = environments.session_of(DEV)
    ((here,), (there,)) = vaults("us-east-1"), vaults("eu-west-1")
    assert (here.held(session), there.held(session)) == (2, 0)
    assert vaults("us-east-1", force_destroy=True) == []
    assert [*Vault.of({**state, "type": "aws_db_instance", "instances": [{}]})] == []
