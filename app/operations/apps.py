import importlib.util

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self) -> None:
        if importlib.util.find_spec("celery"):
            from celery.signals import beat_init

            from operations.queue_length import publish_beside_beat

            beat_init.connect(publish_beside_beat)
