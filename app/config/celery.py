"""Celery: settings whose name begins with CELERY_, tasks found in every application's `tasks` module."""

from celery import Celery
from celery.signals import beat_init

celery_app = Celery("config")
celery_app.config_from_object("django.conf:settings", namespace="CELERY")
celery_app.autodiscover_tasks()


@beat_init.connect
def publish_queue_length(**_: object) -> None:
    """Beat is the one process that always runs, runs once, and is never busy with a task."""
    from operations.queue_length import publish_forever_in_background

    publish_forever_in_background()
