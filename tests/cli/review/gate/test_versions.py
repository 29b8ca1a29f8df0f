"""An instance with a read replica is upgraded in the order that RDS takes."""

from __future__ import annotations

import pytest

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.cli.review.gate.test_data import changed

DATABASE, REPLICA = "aws_db_instance.postgresql", "aws_db_instance.postgresql_replica"


def found(own: tuple[str, str, str], replica: tuple[str, str] | None, *actions: str) -> list[str]:
    """What is refused where the instance has the version `own[1]` and is to get `own[2]`, beside a replica."""

    def instance(address: str, version: str, actual: str, target: str, source: str | None, *actions: str) -> Json:
        values = {"identifier": address, "replicate_source_db": source, "engine_version_actual": actual}
        after = None if actions == ("delete",) else {**values, "engine_version": target}
        return changed(address, *actions, before={**values, "engine_version": version}, after=after)

    changes = [instance(DATABASE, *own, None, "update")]
    if replica:
        actual, target = replica
        changes.append(instance(REPLICA, actual, actual, target, DATABASE, *(actions or ("no-op",))))
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
        (("16", "16.9", "17"), None),
    ],
)
def test_one_without_a_replica_or_after_it_is_upgraded(
    own: tuple[str, str, str], replica: tuple[str, str] | None
) -> None:
    assert found(own, replica) == []


@pytest.mark.parametrize("replica", [("16.9", "16.9"), ("16.9", "16.11"), ("16.10", "16.10")])
def test_a_minor_version_comes_to_the_replica_first(replica: tuple[str, str]) -> None:
    (line,) = found(("16.10", "16.10", "16.11"), replica, "update")
    assert line == (
        "[versions/replica-first] RDS upgrades an instance only after its replica: set "
        "postgresql.replica_engine_version to 16.11 and leave engine_version in a deployment before"
    )


@pytest.mark.parametrize("actions", ["no-op", "update", "delete"])
def test_a_major_version_comes_when_there_is_no_replica(actions: str) -> None:
    (line,) = found(("16", "16.10", "17"), ("16.10", "16.10"), actions)
    assert line.startswith("[versions/major-with-replica] ")
    assert "set postgresql.read_replica to False in a deployment before, and to True in one after" in line
