"""A database is restored beside the one that serves, takes over, gives back, and takes its place for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from modules.placement import Placement
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from tests.cli.review.planning.trees import Tree
from tests.end_to_end import test_dns
from tests.end_to_end.test_versions import ACCOUNT, database
from tests.support import Json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

FIRST, RESTORED = "aws_db_instance.postgresql", "aws_db_instance.postgresql_restored"
LOG = "aws_cloudwatch_log_group"
SOURCE = PointInTimeInputs(instance="django-test-postgresql", at="2026-11-29T04:00:00Z")
MOMENT: dict[str, Any] = {"restored": RestoredInputs(source=SOURCE, name="20261129-0400")}
IDENTIFIER = "django-test-postgresql-20261129-0400"


def placed(aws: LocalAws) -> Placement:
    network = test_dns.network(aws, ACCOUNT)
    group = aws.client("ec2", ACCOUNT).create_security_group(
        GroupName="tasks", Description="Tasks", VpcId=network.vpc_id
    )["GroupId"]
    return Placement(
        vpc_id=str(network.vpc_id),
        subnet_ids=list(network.database_subnet_ids),
        application_security_group_id=group,
    )


def made(placement: Placement, **changes: Any) -> Json:
    return database(placement, **{"monitoring_interval_seconds": 60, "log_exports": ("postgresql",), **changes})


def test_it_takes_over_gives_back_and_takes_the_place_of_the_first(aws: LocalAws, tmp_path: Path) -> None:
    placement, rds = placed(aws), aws.client("rds", ACCOUNT)
    tree = Tree(tmp_path, postgresql=made(placement))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (postgresql,) = deployment.units
    deployment.initialize(postgresql)

    def instances() -> dict[str, Any]:
        return {each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]}

    def deploy(
        *, moved: dict[str, str] | None = None, leaves: dict[str, list[str]] | None = None, **changes: Any
    ) -> dict[str, list[str]]:
        """What was planned, and is done afterwards but for what it leaves."""
        document = made(placement, **changes)
        if moved:
            document["moved"] = [{"from": old, "to": new} for old, new in moved.items()]
        tree.write("postgresql", document)
        planned = deployment.plan(postgresql)
        deployment.apply(postgresql)
        assert deployment.plan(postgresql) == (leaves or {})
        return planned

    deploy()
    first = deployment.outputs(postgresql)
    planned = deploy(**MOMENT, leaves={RESTORED: ["update"]})
    assert planned == {RESTORED: ["create"], f"{LOG}.postgresql_restored_log_postgresql": ["create"]}
    # The provider turns Performance Insights on in the deployment after the one that restores.
    assert deploy(**MOMENT) == {RESTORED: ["update"]}
    assert deployment.outputs(postgresql) == first

    planned = deploy(**MOMENT, serving="restored")
    assert {address.partition(".")[0] for address in planned} == {"output"}, "instances stay as they are"
    found = instances()[IDENTIFIER]
    assert deployment.outputs(postgresql) == {"master_secret_arn": found["MasterUserSecret"]["SecretArn"]}
    assert deploy(**MOMENT) == planned
    assert deployment.outputs(postgresql) == first
    deploy(**MOMENT, serving="restored")

    rds.modify_db_instance(DBInstanceIdentifier="django-test-postgresql", DeletionProtection=False)
    alone = RestoredInputs(source=SOURCE, name="20261129-0400", replaces_first=True)
    planned = deploy(restored=alone, serving="restored")
    assert planned == {FIRST: ["delete"], f"{LOG}.postgresql_log_postgresql": ["delete"]}
    snapshots = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert [each["DBSnapshotIdentifier"] for each in snapshots] == ["django-test-postgresql-final"]
    moves = {
        RESTORED: FIRST,
        f"{LOG}.postgresql_restored_log_postgresql": f"{LOG}.postgresql_log_postgresql",
    }
    planned = deploy(identifier=IDENTIFIER, source=SOURCE, moved=moves)
    assert planned == {address: ["move"] for address in moves.values()}
    assert [*instances()] == [IDENTIFIER]
    assert FIRST in deployment.resources(postgresql)

    rds.modify_db_instance(DBInstanceIdentifier=IDENTIFIER, DeletionProtection=False)
    deployment.destroy(postgresql)
    assert deployment.resources(postgresql) == []


def test_a_new_one_comes_with_the_data_of_a_snapshot(aws: LocalAws, tmp_path: Path) -> None:
    placement, rds = placed(aws), aws.client("rds", ACCOUNT)
    rds.create_db_instance(
        DBInstanceIdentifier="shop", Engine="postgres", EngineVersion="16", DBInstanceClass="db.t3.micro",
        AllocatedStorage=20, DBName="shop", MasterUsername="shopkeeper", MasterUserPassword="only-for-tests",
        StorageEncrypted=True, CACertificateIdentifier="rds-ca-rsa2048-g1",
    )  # fmt: skip
    rds.create_db_snapshot(DBInstanceIdentifier="shop", DBSnapshotIdentifier="before-the-move")
    tree = Tree(tmp_path, postgresql=made(placement, source=SnapshotInputs(identifier="before-the-move")))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (postgresql,) = deployment.units
    deployment.initialize(postgresql)
    deployment.apply(postgresql)
    assert deployment.plan(postgresql) == {}
    found = rds.describe_db_instances(DBInstanceIdentifier="django-test-postgresql")["DBInstances"][0]
    assert (found["MasterUsername"], found["DBName"]) == ("shopkeeper", "shop")
    assert deployment.outputs(postgresql) == {"master_secret_arn": found["MasterUserSecret"]["SecretArn"]}
