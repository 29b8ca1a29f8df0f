"""A final snapshot whose name is taken is found before anything is destroyed. Against the local AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.elasticache.models import elasticache_backends
from moto.rds.models import rds_backends

from cli.deploy.final_snapshots import FinalSnapshot
from cli.local_aws.server import LocalAws
from cli.text import one_line
from tests.support import Json

pytestmark = pytest.mark.thorough

ACCOUNT = "123456789012"
# Of the longest prefix that an environment may have.
DATABASE, REDIS = "abcdefghijkl-mnopqrstuvwx-postgresql", "abcdefghijkl-mnopqrstuvwx-redis"

STATES: dict[str, Json] = {
    "rds": {
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "postgresql",
        "instances": [{"attributes": {"identifier": DATABASE, "final_snapshot_identifier": f"{DATABASE}-final"}}],
    },
    "elasticache": {
        "mode": "managed",
        "type": "aws_elasticache_replication_group",
        "name": "redis",
        "instances": [{"attributes": {"replication_group_id": REDIS, "final_snapshot_identifier": f"{REDIS}-final"}}],
    },
}
SERVICES = pytest.mark.parametrize("service", STATES)


class Account:
    """An instance of RDS and a replication group, and how often they have been created and deleted."""

    def __init__(self, aws: LocalAws) -> None:
        self.rds, self.elasticache = aws.client("rds", ACCOUNT), aws.client("elasticache", ACCOUNT)
        self.session: Any = SimpleNamespace(client=lambda name: aws.client(name, ACCOUNT), region_name="ap-southeast-1")

    def create(self, service: str) -> None:
        if service == "rds":
            self.rds.create_db_instance(
                DBInstanceIdentifier=DATABASE,
                DBInstanceClass="db.t4g.micro",
                Engine="postgres",
                AllocatedStorage=20,
                MasterUsername="postgres",
                MasterUserPassword="0" * 16,
            )
        else:
            self.elasticache.create_replication_group(
                ReplicationGroupId=REDIS,
                ReplicationGroupDescription="Redis",
                Engine="redis",
                NumCacheClusters=1,
                AutoMinorVersionUpgrade=True,
            )

    def delete(self, service: str) -> None:
        """With a final snapshot, as the provider does."""
        if service == "rds":
            self.rds.delete_db_instance(DBInstanceIdentifier=DATABASE, FinalDBSnapshotIdentifier=f"{DATABASE}-final")
        else:
            self.elasticache.delete_replication_group(
                ReplicationGroupId=REDIS, FinalSnapshotIdentifier=f"{REDIS}-final"
            )

    def conflict(self, service: str) -> str | None:
        (snapshot,) = FinalSnapshot.of(STATES[service])
        return snapshot.conflict(self.session)


@pytest.fixture
def account() -> Iterator[Account]:
    with LocalAws() as aws:
        yield Account(aws)


@SERVICES
def test_a_first_one_has_a_free_name_and_a_second_one_has_none(service: str, account: Account) -> None:
    account.create(service)
    assert account.conflict(service) is None
    account.delete(service)
    account.create(service)
    assert account.conflict(service)
    with pytest.raises(ClientError, match="SnapshotAlreadyExists"):
        account.delete(service)


@SERVICES
def test_what_is_gone_keeps_its_own(service: str, account: Account) -> None:
    account.create(service)
    account.delete(service)
    assert account.conflict(service) is None


@SERVICES
def test_what_is_being_deleted_makes_its_own(service: str, account: Account) -> None:
    account.create(service)
    account.delete(service)
    account.create(service)
    stores: dict[str, Any] = {
        "rds": rds_backends[ACCOUNT]["us-east-1"].databases.get(DATABASE),
        "elasticache": elasticache_backends[ACCOUNT]["us-east-1"].replication_groups.get(REDIS),
    }
    stores[service].status = "deleting"
    assert account.conflict(service) is None


@pytest.mark.parametrize(
    "attributes", [{"final_snapshot_identifier": None}, {"final_snapshot_identifier": "x", "skip_final_snapshot": True}]
)
@SERVICES
def test_where_it_is_switched_off_none_is_looked_for(service: str, attributes: Json) -> None:
    instances = [{"attributes": {**STATES[service]["instances"][0]["attributes"], **attributes}}]
    assert not list(FinalSnapshot.of({**STATES[service], "instances": instances}))


def test_the_line_has_the_commands_that_free_the_name(account: Account) -> None:
    lines = {}
    for service in STATES:
        account.create(service)
        account.delete(service)
        account.create(service)
        lines[service] = re.sub(r"-\d{8} ", "-DATE ", account.conflict(service) or "")
    assert lines["elasticache"] == (
        "aws_elasticache_replication_group.redis: the name of its final snapshot is taken: delete the old one by "
        f"`aws elasticache delete-snapshot --snapshot-name {REDIS}-final --region ap-southeast-1`; to keep it, first "
        f"`aws elasticache copy-snapshot --source-snapshot-name {REDIS}-final "
        f"--target-snapshot-name {REDIS}-final-DATE --region ap-southeast-1` and wait for the copy"
    )
    assert lines["rds"] == (
        "aws_db_instance.postgresql: the name of its final snapshot is taken: delete the old one by "
        f"`aws rds delete-db-snapshot --db-snapshot-identifier {DATABASE}-final --region ap-southeast-1`; to keep it, "
        f"first `aws rds copy-db-snapshot --source-db-snapshot-identifier {DATABASE}-final "
        f"--target-db-snapshot-identifier {DATABASE}-final-DATE --region ap-southeast-1` and wait for the copy"
    )
    for line in lines.values():
        printed = f"mnopqrstuvwx-postgresql: {line}".replace("DATE", "20300101")
        assert one_line(printed) == printed, "no command is cut"
