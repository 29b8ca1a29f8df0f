"""Celery's beat, whose last runs outlive its container. Its file does not, and a run that was due meanwhile is lost."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery.beat import PersistentScheduler

logger = logging.getLogger(__name__)

KEY = "operations:beat"


class KeptScheduler(PersistentScheduler):
    """Keeps when each entry ran last in the broker's Redis: CELERY_BEAT_SCHEDULER = "operations.beat.KeptScheduler".

    What was due while no beat ran is sent once when the next one starts. With another broker it is Celery's own.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._with_redis(self._restore)

    def apply_async(self, entry: Any, *arguments: Any, **named: Any) -> Any:
        sent = super().apply_async(entry, *arguments, **named)
        last_run_at = self._entries()[entry.name].last_run_at
        self._with_redis(lambda redis: redis.hset(KEY, entry.name, last_run_at.timestamp()))
        return sent

    def _entries(self) -> dict[str, Any]:
        """By name. Each has `last_run_at`, a new one from now on."""
        return self.schedule

    def _restore(self, redis: Any) -> None:
        entries = self._entries()
        for name in {each.decode() for each in redis.hkeys(KEY)} - entries.keys():
            redis.hdel(KEY, name)
        for name, entry in entries.items():
            redis.hsetnx(KEY, name, entry.last_run_at.timestamp())
            entry.last_run_at = datetime.fromtimestamp(float(redis.hget(KEY, name)), entry.last_run_at.tzinfo)

    def _with_redis(self, use: Callable[[Any], object]) -> None:
        try:
            with self.app.connection_for_write() as connection:
                if redis := getattr(connection.default_channel, "client", None):
                    use(redis)
        # What is kept must not be able to stop the scheduler: then it is as good as Celery's own.
        except Exception as error:
            logger.warning("the last runs of beat are not kept", extra={"error": type(error).__name__})
