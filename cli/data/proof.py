"""What a restored database holds beside the one that serves: tables, rows, migrations, and what a query answers."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.deploy.psql import PSQL
from cli.failure import Failure
from cli.text import one_line

Ask = Callable[[str], list[list[str]]]
"""The rows that a database answers to statements, without their heads."""

_COUNTS = """
SELECT coalesce(string_agg(
    format('SELECT %L, count(*) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename),
    ' UNION ALL ' ORDER BY schemaname, tablename
), 'SELECT NULL WHERE false')
FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') \\gexec
"""
_UNREADABLE = """
SELECT schemaname || '.' || tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
AND NOT has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') ORDER BY 1;
"""
# The second statement is read where there is such a table only.
_MIGRATIONS = """
SELECT 'SELECT app || ''.'' || name FROM public.django_migrations ORDER BY id'
WHERE to_regclass('public.django_migrations') IS NOT NULL \\gexec
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a database holds."""

    rows: Mapping[str, int]
    """How many, by the name of the table with its schema."""
    unreadable: Sequence[str]
    """Tables that whoever asks may not read."""
    migrations: Sequence[str]
    """Of Django, as applied."""
    answer: Sequence[Sequence[str]]
    """To the query of the user's; none without one."""


def read(ask: Ask, query: str | None) -> Content:
    """What a database holds. Every row is counted, which takes as long as reading all tables."""
    return Content(
        rows={name: int(number) for name, number in ask(_COUNTS)},
        unreadable=[name for (name,) in ask(_UNREADABLE)],
        migrations=[name for (name,) in ask(_MIGRATIONS)],
        answer=ask(query) if query else [],
    )


def problems(serving: Content, restored: Content) -> Iterator[str]:
    """Why the restored database cannot take over, a line each. Fewer or more rows are no problem, but those of none."""
    for name in [*serving.rows, *serving.unreadable]:
        if name not in restored.rows and name not in restored.unreadable:
            yield f"{name} is missing"
    for name, number in restored.rows.items():
        if not number and serving.rows.get(name):
            yield f"{name} is empty, and has {serving.rows[name]:,} rows in the database that serves"
    if unknown := [name for name in restored.migrations if name not in serving.migrations]:
        what = f"{unknown[0]} is applied, and not in the database that serves"
        yield f"{what}: it is of a later release than the one that runs: deploy an image that has it"


def pending(serving: Content, restored: Content) -> list[str]:
    """The migrations that the deployment which changes over will apply."""
    return [name for name in serving.migrations if name not in restored.migrations]


def asking(variables: Mapping[str, str]) -> Ask:
    """Asks by psql, which gets these variables alone. Raises Failure with what it says."""

    def ask(statements: str) -> list[list[str]]:
        command = [PSQL, "-X", "--csv", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(
            command, input=statements, env=dict(variables), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failure(f"psql: {one_line(done.stderr.strip() or 'said nothing', 300)}")
        return [row for row in csv.reader(done.stdout.splitlines()) if row]

    return ask
