"""What the tasks find when the database comes with data, and when another instance takes over."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from modules.validation import problems
from stacks.config.schema import Environment
from stacks.units.django_service.init_database import FORMER_OWNER, STATEMENTS
from tests.stacks.units.django_service.test_psql import by_psql
from tests.stacks.units.django_service.test_unit import unit
from tests.support import Json, environment

FIRST = f"{environment().prefix}-postgresql"
MOMENT = PointInTimeInputs(instance=FIRST, at="2026-11-29T04:00:00Z")
BESIDE = RestoredInputs(source=MOMENT, name="20261129-0400")


def having(of: Environment, **changes: Any) -> Environment:
    return replace(of, postgresql=replace(of.postgresql, **changes))


def versions(of: Environment) -> Json:
    """Of the passwords that are drawn, and of the URLs beside them."""
    found = unit(of)["resource"]["aws_secretsmanager_secret_version"]
    return {name: each["secret_string_wo_version"] for name, each in found.items() if "password" in name}


def test_a_url_is_written_again_for_another_instance_alone() -> None:
    # Its host is known at apply alone, where what is write-only is written with another version and not otherwise.
    of = by_psql()
    first, beside = versions(of), versions(having(of, restored=BESIDE))
    serving = versions(having(of, restored=BESIDE, serving="restored"))
    finished = versions(having(of, identifier=f"{FIRST}-{BESIDE.name}", source=MOMENT))
    assert len(first) == 2
    assert beside == first
    assert not {*serving.values()} & {*first.values()}
    assert finished == serving, "no password is drawn again at the end"


@pytest.mark.parametrize("serving", ["first", "restored"])
def test_init_database_is_told_whose_tables_come_along(serving: str) -> None:
    source = SnapshotInputs(identifier="theirs", owner="shopkeeper")
    changes = {"restored": RestoredInputs(source=source, name="one"), "serving": serving}
    for of in (by_psql(), environment()):
        definition = unit(having(of, **changes))["resource"]["aws_ecs_task_definition"]["task_init_database"]
        container = next(
            each for each in json.loads(definition["container_definitions"]) if each["name"] == "init-database"
        )
        found = {each["name"]: each["value"] for each in container["environment"]}
        is_owner_told = serving == "restored"
        assert found.get("DATABASE_FORMER_OWNER") == ("shopkeeper" if is_owner_told else None)
        if "STATEMENTS" in found:
            assert found["STATEMENTS"] == (FORMER_OWNER + STATEMENTS if is_owner_told else STATEMENTS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"source": MOMENT}, "postgresql.source.instance"),
        ({"source": SnapshotInputs(identifier="theirs", owner="app_user")}, "postgresql.source.owner"),
    ],
)
def test_what_cannot_be_restored_or_owned_is_refused(changes: Any, field: str) -> None:
    assert [each.field for each in problems(having(environment(), **changes))] == [field]
    assert [*problems(having(environment(), identifier=f"{FIRST}-one", source=MOMENT))] == []
