"""The project. Celery's application is imported with Django, so that shared tasks find it."""

from config.celery import celery_app

__all__ = ["celery_app"]
