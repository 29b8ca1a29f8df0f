import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations import queue_length


class Command(BaseCommand):
    help = "Publish every minute how many tasks wait, until SIGTERM. Celery's beat does so by itself."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queues", nargs="*", help="default: PUBLISHED_QUEUES, or the default queue")
        parser.add_argument("--package", choices=sorted(queue_length.LENGTHS), help="default: the one in use")

    def handle(self, *_: Any, **options: Any) -> None:
        package = options["package"] or queue_length.package()
        if package is None:
            raise CommandError("no package of task queues is in use: install Celery, django-dramatiq or django-rq")
        stop = threading.Event()
        # Process 1 of a container ignores a signal for which it has no handler.
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        queue_length.publish_until(stop, package, options["queues"] or queue_length.queues(package))
