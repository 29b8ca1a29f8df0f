"""A dump takes the place of what the application has, all of it or nothing, on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cli.data import load_dump
from cli.deploy import prerequisites, psql
from cli.ecs.plugin import PLUGIN
from cli.failure import Failure
from tests.cli.data.conftest import ORDERS, Database
from tests.cli.deploy.sessions import FORWARDS, serving

pytestmark = pytest.mark.thorough

COUNTS = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM payments)"


@pytest.fixture
def target(make_database: Callable[[str], Database]) -> Database:
    """A database with tables of migrations, and one of somebody else's."""
    database = make_database("target")
    database.as_migrator("CREATE TABLE orders (id serial); CREATE TABLE old (id serial); INSERT INTO orders VALUES (7)")
    database.as_migrator("CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    database.sql("CREATE TABLE of_others (id integer)")
    return database


@pytest.fixture
def source(make_database: Callable[[str], Database]) -> Iterator[Database]:
    """One whose tables are of another role, which the target does not have rights for."""
    database = make_database("source")
    database.sql("DROP ROLE IF EXISTS shopkeeper; CREATE ROLE shopkeeper; GRANT CREATE ON SCHEMA public TO shopkeeper")
    database.sql(f"SET ROLE shopkeeper; {ORDERS}")
    yield database
    database.sql("DROP OWNED BY shopkeeper; DROP ROLE shopkeeper")


@pytest.mark.parametrize("options", [("-Fc",), ("-Fc", "--compress=0"), ("--no-owner", "--no-privileges")])
def test_it_replaces_the_tables_and_the_application_may_use_them_at_once(
    source: Database, target: Database, options: tuple[str, ...]
) -> None:
    read: list[int] = []
    dump = source.dump(*options)
    load_dump.load(io.BytesIO(dump), target.variables, read.append)
    assert read[-1] == len(dump)
    assert target.sql(COUNTS) == "2|1"
    listed = "string_agg(tablename || ' ' || tableowner, ', ' ORDER BY tablename)"
    tables = f"SELECT {listed} FROM pg_tables WHERE schemaname = 'public'"
    owned = [f"{name} migrator_role" for name in ("django_migrations", "orders", "payments")]
    assert target.sql(tables) == ", ".join(sorted([*owned, "of_others postgres"])), "those of others stay"
    assert target.sql("SET ROLE app_user; INSERT INTO orders (name) VALUES ('three') RETURNING id") == "3"
    load_dump.load(io.BytesIO(dump), target.variables, read.append)
    assert target.sql(COUNTS) == "2|1"


@pytest.mark.parametrize("cut", [0.5, 0.95])
def test_a_dump_that_ends_early_changes_nothing(source: Database, target: Database, cut: float) -> None:
    dump = source.dump("-Fc")
    with pytest.raises(Failure, match="^load-dump: nothing was changed: "):
        load_dump.load(io.BytesIO(dump[: int(len(dump) * cut)]), target.variables, lambda _: None)
    assert target.sql("SELECT id FROM orders") == "7"


def test_an_error_of_postgresql_is_one_line_and_changes_nothing(target: Database) -> None:
    with pytest.raises(Failure) as failed:
        load_dump.load(
            io.BytesIO(b"CREATE TABLE one (id integer);\nSELECT 1/0;\n" * 2), target.variables, lambda _: None
        )
    assert str(failed.value).startswith("load-dump: nothing was changed: ")
    assert "division by zero" in str(failed.value)
    assert target.sql("SELECT id FROM orders") == "7"


def test_an_interrupt_changes_nothing(source: Database, target: Database) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise KeyboardInterrupt
            return super().read(size)

    with pytest.raises(KeyboardInterrupt):
        load_dump.load(Interrupted(b"SELECT 1;" * 100), target.variables, lambda _: None)
    assert target.sql("SELECT id FROM orders") == "7"


def test_a_dump_is_read_from_a_bucket_too(tmp_path: Path) -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="dumps")
        s3.put_object(Bucket="dumps", Key="of/shop.dump", Body=b"PGDMP1")
        with load_dump.opened_dump("s3://dumps/of/shop.dump", boto3.Session(region_name="us-east-1")) as (dump, size):
            assert (dump.read(5), dump.read(5), size) == (b"PGDMP", b"1", 6)
        with (
            pytest.raises(Failure, match="cannot be read"),
            load_dump.opened_dump(str(tmp_path / "no"), boto3.Session()),
        ):
            pass


def test_the_verb_reaches_the_database_as_psql_does_and_asks_before_it_replaces_rows(
    source: Database,
    target: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "shop.dump").write_bytes(source.dump("-Fc"))
    path, reached = os.environ["PATH"], contextlib.nullcontext(target.variables)
    with serving(tmp_path, monkeypatch) as sessions:
        sessions.program(PLUGIN, FORWARDS)
        monkeypatch.setenv("PATH", f"{sessions.programs}:{path}")
        monkeypatch.setattr(prerequisites, "account", lambda *_: ())
        monkeypatch.setattr(psql, "connection", lambda *_, **__: reached)
        arguments = ["dev", "--from", str(tmp_path / "shop.dump")]
        assert load_dump.main(arguments, directory=sessions.directory) == 1
        assert "dev requires confirmation, but there is no terminal: pass --yes" in capsys.readouterr().err
        assert target.sql("SELECT id FROM orders") == "7"
        assert load_dump.main([*arguments, "--yes"], directory=sessions.directory) == 0
    out = capsys.readouterr().out
    assert "django-dev-postgresql has 4 rows in 3 tables" in out
    assert target.sql(COUNTS) == "2|1"
