"""Each step of a restore writes what is seen and agreed to, names the next one, and refuses what would lose data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.data import proof, restore
from cli.deploy import psql
from cli.deploy.database import Database
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from stacks.config import SessionInputs, loader
from stacks.config.schema import Environment
from tests import configurations
from tests.support import environment

pytestmark = pytest.mark.thorough

ACCOUNT = "123456789012"  # moto's
FIRST, RESTORED = "django-dev-postgresql", "django-dev-postgresql-20261129-0400"
LOG = "aws_cloudwatch_log_group"
SOURCE = PointInTimeInputs(instance=FIRST, at="2026-11-29T04:00:00Z")
BESIDE = RestoredInputs(source=SOURCE, name="20261129-0400")
MOVES = '"""What was renamed."""\n\nMOVED: Moves = {}\n"""By the unit\'s name."""\n'


class Place:
    """An account with an instance, and a directory of environments."""

    def __init__(self, home: Path) -> None:
        self.config, self.moves = home / "config", home / "moved.py"
        self.config.mkdir()
        self.moves.write_text(MOVES)
        self.rds = boto3.client("rds", region_name="us-east-1")
        self.instance(FIRST)
        self.data()

    def instance(self, name: str) -> None:
        self.rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t4g.small", Engine="postgres", EngineVersion="16",
            AllocatedStorage=50, MasterUsername="postgres", ManageMasterUserPassword=True, BackupRetentionPeriod=7,
        )  # fmt: skip

    def data(self, **changes: Any) -> None:
        found = environment(name="dev", account_id=ACCOUNT)
        service = replace(found.django_service, session=SessionInputs())
        configurations.write(
            self.config, replace(found, postgresql=replace(found.postgresql, **changes), django_service=service)
        )

    def run(self, *arguments: str) -> int:
        return restore.main(["dev", *arguments], directory=self.config, moves=self.moves)

    @property
    def inputs(self) -> PostgreSQLInputs:
        found: Environment = next(iter(loader.load(directory=self.config).values()))
        return found.postgresql


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Place(tmp_path)


def test_it_writes_a_moment_that_is_in_the_backups_and_shows_it_first(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = place.rds.describe_db_instances()["DBInstances"]
    at = found["LatestRestorableTime"]
    assert place.run("--at", f"{at:%Y-%m-%dT%H:%M:%SZ}", "--yes") == 0
    name = f"{at:%Y%m%d-%H%M}"
    expected = PointInTimeInputs(instance=FIRST, at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
    assert place.inputs.restored == RestoredInputs(source=expected, name=name)
    out = capsys.readouterr().out
    assert "+ENVIRONMENT = Environment(" in out or "restored=RestoredInputs(" in out
    assert f"Next: make deploy ENV=dev makes django-dev-postgresql-{name}, beside {FIRST}; then" in out


@pytest.mark.parametrize(
    ("status", "code"), [("failed", 0), ("inaccessible-encryption-credentials", 0), ("creating", 1)]
)
def test_an_instance_that_has_failed_can_be_restored_as_its_runbook_says(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: str, code: int
) -> None:
    monkeypatch.setattr(Database, "status", property(lambda self: status if self.identifier == FIRST else ""))
    assert place.run("--latest", "--yes") == code
    assert (place.inputs.restored is not None) == (code == 0)
    assert (f"{FIRST}: RDS says that it is {status}: deploy dev" in capsys.readouterr().err) == (code == 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--at", "yesterday"], "--at: 'yesterday' is not a moment in UTC: write it as 2026-11-29T04:00Z"),
        (["--at", "2001-01-01T04:00Z"], "--at: 2001-01-01T04:00:00Z is in no backup of django-dev-postgresql: choose "),
        (["--snapshot", "none"], "--snapshot: none: RDS has no such snapshot in us-east-1"),
        (["--snapshot", "small"], "--snapshot: small: is not encrypted, and would never be: copy it by "),
        (["--latest"], "restore: there is no terminal to ask for consent: pass --yes"),
        (["--prove"], 'stacks/config/dev.py: postgresql.restored is None: begin by `make restore ENV=dev AT="…Z"`'),
    ],
)
def test_what_cannot_be_restored_is_told_and_nothing_is_written(
    place: Place, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    place.rds.create_db_snapshot(DBInstanceIdentifier=FIRST, DBSnapshotIdentifier="small")
    before = (place.config / "dev.py").read_text()
    assert place.run(*arguments) == 1
    assert told in capsys.readouterr().err
    assert (place.config / "dev.py").read_text() == before


def test_a_second_restore_waits_for_the_end_of_the_first(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.data(restored=BESIDE)
    assert place.run("--latest", "--yes") == 1
    assert "postgresql.restored: there is one already: finish it (--finish)" in capsys.readouterr().err
    place.data()
    place.moves.write_text(MOVES.replace("{}", '{"postgresql": {"aws_db_instance.postgresql_restored": "x"}}'))
    assert place.run("--latest", "--yes") == 1
    assert "aws_db_instance.postgresql_restored has moved, and would be there again" in capsys.readouterr().err


def test_it_serves_only_what_is_there(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.data(restored=BESIDE)
    assert place.run("--serve", "--yes") == 1
    assert f"{RESTORED}: RDS says that it is not there: run `make deploy ENV=dev` first" in capsys.readouterr().err
    place.instance(RESTORED)
    assert place.run("--serve", "--yes") == 0
    assert place.inputs.serving == "restored"
    assert "The way back is to take that line away, and to deploy again." in capsys.readouterr().out


def test_the_end_first_lets_the_old_one_go_and_then_gives_its_place_away(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.data(restored=BESIDE)
    assert place.run("--finish", "--yes") == 1
    assert "postgresql.serving: the first instance serves: change over before (--serve)" in capsys.readouterr().err
    place.instance(RESTORED)
    place.data(restored=BESIDE, serving="restored")
    assert place.run("--finish", "--yes") == 0
    assert place.inputs.restored == replace(BESIDE, replaces_first=True)
    out = capsys.readouterr().out
    assert (
        'make deploy ENV=dev ARGS="--allow dev-postgresql:aws_db_instance.postgresql '
        "--allow dev-postgresql:aws_cloudwatch_log_group.postgresql_log_postgresql "
        '--allow dev-postgresql:aws_cloudwatch_log_group.postgresql_log_upgrade"\n'
    ) in out
    assert place.moves.read_text() == MOVES, "its address is still taken"

    place.rds.delete_db_instance(DBInstanceIdentifier=FIRST, SkipFinalSnapshot=True)
    assert place.run("--finish", "--yes") == 0
    inputs = place.inputs
    assert (inputs.restored, inputs.serving, inputs.identifier, inputs.source) == (None, "first", RESTORED, SOURCE)
    assert inputs.instances("django-dev") == {"postgresql": RESTORED}
    written: dict[str, Any] = {"Moves": dict}
    exec(place.moves.read_text(), written)
    assert written["MOVED"] == {
        "postgresql": {
            "aws_db_instance.postgresql_restored": "aws_db_instance.postgresql",
            **{
                f"{LOG}.postgresql_restored_log_{name}": f"{LOG}.postgresql_log_{name}"
                for name in ("postgresql", "upgrade")
            },
        }
    }


def test_the_proof_reads_both_as_the_master_user_and_read_only(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.data(restored=replace(BESIDE, query="SELECT 1"))
    asked: list[tuple[str, Any]] = []

    @contextlib.contextmanager
    def connection(_: object, database: Any, verb: str, **given: Any) -> Iterator[dict[str, str]]:
        asked.append((database.identifier, (verb, given)))
        yield {"of": database.identifier}

    rows = {FIRST: 3, RESTORED: 2}

    def read(variables: dict[str, str], query: str | None) -> proof.Content:
        migrations = ["shop.0001"] if variables["of"] == RESTORED else ["shop.0001", "shop.0002"]
        found = {"public.orders": rows[variables["of"]]}
        return proof.Content(rows=found, unreadable=[], migrations=migrations, answer=[[query or ""]])

    monkeypatch.setattr(restore, "require", lambda *_: None)
    monkeypatch.setattr(restore, "session", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(psql, "missing", lambda _: ())
    monkeypatch.setattr(psql, "connection", connection)
    monkeypatch.setattr(proof, "asking", lambda variables: variables)
    monkeypatch.setattr(proof, "read", read)
    assert place.run("--prove") == 0
    given = ("restore", {"is_master": True, "options": "-c default_transaction_read_only=on"})
    assert asked == [(FIRST, given), (RESTORED, given)]
    out = capsys.readouterr().out
    assert "public.orders" in out
    assert "-1" in out
    assert "1 migrations are applied at the change-over: shop.0002" in out
    assert f"{RESTORED} can take over" in out
    rows[RESTORED] = 0
    assert place.run("--prove") == 1
    assert f"{RESTORED}: public.orders is empty, and has 3 rows" in capsys.readouterr().err


def test_a_snapshot_is_named_as_it_is(place: Place) -> None:
    place.rds.modify_db_instance(DBInstanceIdentifier=FIRST, ApplyImmediately=True)
    place.rds.create_db_instance(
        DBInstanceIdentifier="shop", DBInstanceClass="db.t4g.small", Engine="postgres", EngineVersion="16",
        AllocatedStorage=50, MasterUsername="postgres", ManageMasterUserPassword=True, StorageEncrypted=True,
    )  # fmt: skip
    place.rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before-the-move")
    assert place.run("--snapshot", "before-the-move", "--yes") == 0
    restored = place.inputs.restored
    assert restored
    assert restored.source == SnapshotInputs(identifier="before-the-move")
