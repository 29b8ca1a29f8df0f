"""Celery: settings whose name begins with CELERY_, tasks found in every application's `tasks` module."""

import logging.config

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

celery_app = Celery("config", fixups=["operations.fixup:fixup"])
celery_app.config_from_object("django.conf:settings", namespace="CELERY")
celery_app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: object) -> None:
    """Celery sets up no logging of its own where this is connected."""
    logging.config.dictConfig(settings.LOGGING)
