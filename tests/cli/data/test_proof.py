"""What a restored database lacks is found on a real PostgreSQL, and what is merely older is not held against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cli.data import proof
from cli.failure import Failure
from tests.cli.data.conftest import ORDERS, Database

LATER = "it is of a later release than the one that runs: deploy an image that has it"
CONTENT = proof.Content(rows={"public.orders": 2}, unreadable=[], migrations=["shop.0001_initial"], answer=[])


@pytest.mark.thorough
def test_tables_rows_migrations_and_an_answer_are_read_from_each_schema(
    make_database: Callable[[str], Database],
) -> None:
    database = make_database("proof")
    ask = proof.asking({**database.variables, "PGOPTIONS": "-c default_transaction_read_only=on"})
    assert proof.read(ask, None) == replace(CONTENT, rows={}, migrations=[])
    database.as_migrator(ORDERS)
    database.sql(
        'CREATE SCHEMA "Other"; CREATE TABLE "Other"."it\'s" (id integer); CREATE TABLE "Other".mine (id integer)'
    )
    database.sql('GRANT USAGE ON SCHEMA "Other" TO dbadmin; GRANT SELECT ON "Other"."it\'s" TO dbadmin')
    found = proof.read(ask, "SELECT name, id FROM orders ORDER BY id")
    assert found.rows == {
        "Other.it's": 0, "public.django_migrations": 1, "public.orders": 2, "public.payments": 1,
    }  # fmt: skip
    assert found.unreadable == ["Other.mine"]
    assert found.migrations == ["shop.0001_initial"]
    assert found.answer == [["one", "1"], ["two", "2"]]
    with pytest.raises(Failure, match="read-only transaction"):
        ask("DELETE FROM orders")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"rows": {"public.orders": 1}}, []),
        ({"rows": {"public.orders": 2, "public.more": 0}}, []),
        ({"rows": {}}, ["public.orders is missing"]),
        ({"rows": {}, "unreadable": ["public.orders"]}, []),
        ({"rows": {"public.orders": 0}}, ["public.orders is empty, and has 2 rows in the database that serves"]),
        ({"migrations": []}, []),
        (
            {"migrations": ["shop.0001_initial", "shop.0002_more"]},
            [f"shop.0002_more is applied, and not in the database that serves: {LATER}"],
        ),
    ],
)
def test_it_tells_what_a_restored_database_lacks(changes: dict[str, object], told: list[str]) -> None:
    assert [*proof.problems(CONTENT, replace(CONTENT, **changes))] == told  # type: ignore[arg-type]


def test_migrations_since_then_are_still_to_be_applied() -> None:
    assert proof.pending(CONTENT, replace(CONTENT, migrations=[])) == ["shop.0001_initial"]
