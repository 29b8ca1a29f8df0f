"""Celery's fixup for Django, but with the database pool kept from task to task.

Celery's own closes the pool of a prefork worker before and after every task, which makes each one log in again, over
TLS. Use it as `Celery("config", fixups=["operations.fixup:fixup"])`.
"""

import os
from functools import cached_property
from typing import Any

from celery.fixups.django import DjangoFixup, DjangoWorkerFixup  # type: ignore[attr-defined]
from django.db import close_old_connections


def fixup(app: Any) -> "Fixup | None":
    """As Celery's own, without effect where DJANGO_SETTINGS_MODULE is not set."""
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        return None
    made = Fixup(app)
    made.install()
    return made


class Fixup(DjangoFixup):
    @cached_property
    def worker_fixup(self) -> "WorkerFixup":
        return WorkerFixup(self.app)


class WorkerFixup(DjangoWorkerFixup):
    """Around a task as around a request: the connection goes back to its pool, or is closed where there is none."""

    def on_task_prerun(self, sender: Any, **_: Any) -> None:
        _give_back(sender)

    def on_task_postrun(self, sender: Any, **_: Any) -> None:
        _give_back(sender)


def _give_back(task: Any) -> None:
    if not task.request.is_eager:
        close_old_connections()
