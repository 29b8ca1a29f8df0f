"""What Celery does in the background. Every task bears to be done twice."""

import logging

from celery import Task, shared_task
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command

from salaries import dataset, sources
from salaries.rows import BadFile

logger = logging.getLogger(__name__)

LOCK = "salaries:refreshing"
LOCK_SECONDS = 30 * 60


@shared_task(bind=True)
def refresh_dataset(self: Task) -> None:
    """Fetch, build and append what is new. Rows that people loaded stay; only one task refreshes at a time."""
    mine = str(self.request.id)
    # A worker that is killed leaves the lock behind; the task that it gives back to the queue has the same id.
    if cache.get_or_set(LOCK, mine, LOCK_SECONDS) != mine:
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
    finally:
        cache.delete(LOCK)


@shared_task
def forget_expired_tokens() -> None:
    call_command("flushexpiredtokens")


def _log_row(line: str) -> None:
    logger.warning("a row was left out: %s", line)


def _no_progress(done: int) -> None:
    """Nobody watches a task."""
