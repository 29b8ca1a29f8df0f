"""An instance with a read replica is upgraded in the order that RDS takes."""

from __future__ import annotations

import pytest

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.cli.review.gate.test_data import changed

DATABASE, REPLICA = "aws_db_instance.postgresql", "aws_db_instance.postgresql_replica"


def found(
    own: tuple[str, str, str], replica: tuple[str, str] | None, *actions: str, allowed: bool = False, given: str = ""
) -> list[str]:
    """What is refused where the instance has the version `own[1]` and is to get `own[2]`, beside a replica.

    `given` is the version that the replica was to get before, where it still waits for it.
    """

    def instance(address: str, version: str, actual: str, target: str, source: str | None, *actions: str) -> Json:
        values: Json = {"identifier": address, "replicate_source_db": source, "engine_version_actual": actual}
        values |= {"allow_major_version_upgrade": allowed}
        after = None if actions == ("delete",) else {**values, "engine_version": target}
        return changed(address, *actions, before={**values, "engine_version": version}, after=after)

    changes = [instance(DATABASE, *own, None, "update")]
    if replica:
        actual, target = replica
        changes.append(instance(REPLICA, given or actual, actual, target, DATABASE, *(actions or ("no-op",))))
    unit = UnitPlan(name="prod-postgresql", configuration={}, plan=Plan({"resource_changes": changes}))
    lines = (str(each) for each in rules.refusals(Unit(unit)))
    return [line.removeprefix(f"prod-postgresql: {DATABASE}: ") for line in lines if "[versions/" in line]


@pytest.mark.parametrize(
    ("own", "replica"),
    [
        (("16.10", "16.10", "16.11"), None),
        (("16.10", "16.10", "16.11"), ("16.11", "16.11")),
        (("16", "16.10", "16.10"), ("16.10", "16.10")),
        (("16.11", "16.11", "16.11"), ("16.10", "16.10")),
    ],
)
def test_one_without_a_replica_or_after_it_is_upgraded(
    own: tuple[str, str, str], replica: tuple[str, str] | None
) -> None:
    assert found(own, replica) == []


def test_a_major_version_comes_where_that_is_allowed() -> None:
    assert found(("16", "16.9", "17"), None, allowed=True) == []
    (line,) = found(("16", "16.9", "17"), None)
    assert line == (
        "[versions/major-unasked] RDS raises a major version only where that is allowed: rehearse the upgrade to 17, "
        "and set postgresql.allow_major_version_upgrade and postgresql.apply_immediately to True for this deployment"
    )


@pytest.mark.parametrize("replica", [("16.9", "16.9"), ("16.9", "16.11"), ("16.10", "16.10")])
def test_a_minor_version_comes_to_the_replica_first(replica: tuple[str, str]) -> None:
    (line,) = found(("16.10", "16.10", "16.11"), replica, "update")
    assert line == (
        "[versions/replica-first] RDS upgrades an instance only after its replica: set "
        "postgresql.replica_engine_version to 16.11 and leave engine_version in a deployment before"
    )


def test_a_minor_version_waits_for_the_window_of_the_replica() -> None:
    (line,) = found(("16", "16", "16.11"), ("16", "16.11"), given="16.11")
    assert line == (
        "[versions/replica-waits] RDS upgrades an instance only after its replica, which gets 16.11 in its maintenance "
        "window: leave postgresql.engine_version until then, or apply the replica's at once by `aws rds "
        "modify-db-instance`"
    )


@pytest.mark.parametrize("actions", ["no-op", "update", "delete"])
def test_a_major_version_comes_when_there_is_no_replica(actions: str) -> None:
    (line,) = found(("16", "16.10", "17"), ("16.10", "16.10"), actions)
    assert line.startswith("[versions/major-with-replica] ")
    assert "set postgresql.read_replica to False in a deployment before, and to True in one after" in line
