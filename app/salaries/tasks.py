"""What Celery does in the background. Every task is idempotent."""

import contextlib
import logging
from collections.abc import Iterator

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection

from salaries import dataset, sources
from salaries.rows import BadFile

logger = logging.getLogger(__name__)

REFRESH_LOCK = 4_112_560_197
"""The key of the advisory lock, any number of 64 bits that nothing else in the database uses."""


@shared_task
def refresh_dataset() -> None:
    """Fetch, build and append what is new. Rows that people loaded stay; only one task refreshes at a time."""
    with _refreshing() as alone:
        if not alone:
            logger.info("the dataset is being refreshed already")
            return
        try:
            for source in sources.read(settings.SALARY_SOURCES):
                sources.fetch(source, settings.SALARY_RAW_DIR, timeout=60)
            files = dataset.raw_files(settings.SALARY_RAW_DIR, settings.SALARY_DATASET)
            dataset.build(files, settings.SALARY_DATASET, country="Brazil", report=_log_row, progress=_no_progress)
            loaded = dataset.load(
                settings.SALARY_DATASET, append=True, country="Brazil", report=_log_row, progress=_no_progress
            )
            logger.info("the dataset is refreshed", extra={"read": loaded.read, "added": loaded.added})
        except (sources.BadSource, BadFile) as error:
            logger.error("the dataset is not refreshed: %s", error)


@shared_task
def forget_expired_tokens() -> None:
    call_command("flushexpiredtokens")


@contextlib.contextmanager
def _refreshing() -> Iterator[bool]:
    """Whether this task is the only one that refreshes, until the block ends.

    The lock is PostgreSQL's, of the connection, so it ends with a worker that dies and needs no cache. SQLite is one
    machine's, where a second refresh waits for the first one's transaction and adds nothing.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.vendor != "postgresql":
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [REFRESH_LOCK])
        alone: bool = cursor.fetchone()[0]
    try:
        yield alone
    finally:
        if alone:
            _unlock()


def _unlock() -> None:
    # Where the connection is lost, so is its lock.
    with contextlib.suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [REFRESH_LOCK])


def _log_row(line: str) -> None:
    logger.warning("a row was left out: %s", line)


def _no_progress(done: int) -> None:
    """Nobody watches a task."""
