"""Building the dataset out of raw files, and loading it into the database."""

import contextlib
import csv
import hashlib
import sqlite3
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import connection, reset_queries, transaction

from salaries import cache, selectors
from salaries.files import Report, observations
from salaries.models import DIMENSIONS, SalaryCell, SalaryObservation, SalaryRoleAggregate
from salaries.rows import COLUMNS, BadFile, Observation
from salaries.tally import packed

ROWS_A_STATEMENT = 2000

T = TypeVar("T")

Advance = Callable[[int], None]
"""Hears how many bytes are done."""


@dataclass(frozen=True, slots=True)
class Built:
    written: int
    duplicates: int
    bad: int


@dataclass(frozen=True, slots=True)
class Loaded:
    read: int
    added: int
    bad: int
    roles: int


def raw_files(input_dir: Path, output: Path) -> list[Path]:
    """Every CSV file below the directory, as `fetch_salary_sources` may put them into folders of their own."""
    return [path for path in sorted(input_dir.rglob("*.csv")) if path.resolve() != output.resolve()]


def build(files: list[Path], output: Path, *, country: str, report: Report, progress: Advance) -> Built:
    """One dataset out of many files, without duplicates. The output appears whole or not at all."""
    bad = _Count(report)
    written = duplicates = done = 0
    output.parent.mkdir(parents=True, exist_ok=True)
    with (
        contextlib.closing(_Seen()) as seen,
        tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=output.parent, prefix=f".{output.name}.", delete=False
        ) as file,
    ):
        try:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for path in files:
                rows = observations(path, country=country, report=bad, progress=_after(done, progress))
                for observation in rows:
                    if seen.before(observation):
                        duplicates += 1
                    else:
                        writer.writerow(observation.cells())
                        written += 1
                done += path.stat().st_size
                progress(done)
            if not written:
                raise BadFile(f"no usable row in {', '.join(map(str, files))}")
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).chmod(0o644)
    Path(file.name).replace(output)
    return Built(written, duplicates, bad.count)


def load(path: Path, *, append: bool, country: str, report: Report, progress: Advance) -> Loaded:
    """The file's rows into the database, in one transaction: readers see the old rows until the new are complete."""
    bad = _Count(report)
    read = 0
    table = SalaryObservation.objects
    with transaction.atomic():
        if not append:
            # Not QuerySet.delete(), which may collect what it deletes, nor TRUNCATE, which is the owner's right.
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(SalaryObservation._meta.db_table)}")
        before = table.count()
        rows = observations(path, country=country, report=bad, progress=progress)
        for batch in _batches(rows, ROWS_A_STATEMENT):
            table.bulk_create(
                [SalaryObservation(**{name: getattr(row, name) for name in COLUMNS}) for row in batch],
                ignore_conflicts=True,
            )
            read += len(batch)
            reset_queries()  # with DEBUG, Django keeps every statement
        if not read:
            raise BadFile(f"{path}: has no usable row")
        progress(path.stat().st_size)
        added = table.count() - before
        roles = rebuild_aggregates()
        cache.forget()
    return Loaded(read, added, bad.count, roles)


def rebuild_aggregates() -> int:
    """The cells and the answers without filters, for every role that has rows."""
    SalaryRoleAggregate.objects.all().delete()
    SalaryCell.objects.all().delete()
    roles = list(SalaryObservation.objects.order_by("role").values_list("role", flat=True).distinct())
    for role in roles:
        amounts = _amounts(role)
        for batch in _batches(selectors.cells_of_rows([role], {}).iterator(), ROWS_A_STATEMENT):
            SalaryCell.objects.bulk_create(
                [
                    SalaryCell(**cell, amounts=packed(amounts[tuple(cell[name] for name in DIMENSIONS)]))
                    for cell in batch
                ]
            )
        SalaryRoleAggregate.objects.create(role=role, **selectors.computed(role))
    return len(roles)


def _amounts(role: str) -> "dict[tuple[str, ...], array[int]]":
    """The cents of every total compensation, sorted, by the role's cells."""
    rows = SalaryObservation.objects.filter(role=role).order_by("total_compensation")
    found: dict[tuple[str, ...], array[int]] = defaultdict(lambda: array("q"))
    for *cell, total in rows.values_list(*DIMENSIONS, "total_compensation").iterator():
        found[tuple(cell)].append(int(total * 100))
    return found


def forget_role(role: str) -> None:
    """After one row of a role has changed: until the next load its answers are computed when they are asked for."""
    SalaryRoleAggregate.objects.filter(role=role).delete()
    SalaryCell.objects.filter(role=role).delete()
    cache.forget()


def _after(done: int, progress: Advance) -> Advance:
    return lambda here: progress(done + here)


class _Count:
    """Passes reports on and counts them."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.count = 0

    def __call__(self, line: str) -> None:
        self.count += 1
        self._report(line)


class _Seen:
    """A set that lives on disk: its size is not the memory's."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._store.execute("BEGIN")

    def before(self, observation: Observation) -> bool:
        digest = hashlib.blake2b(repr(observation.key()).encode(), digest_size=16).digest()
        return self._store.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 0

    def close(self) -> None:
        self._store.close()


def _batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch
