"""How many tasks wait, as a CloudWatch metric to scale the workers by.

Printed in the embedded metric format: CloudWatch Logs makes a metric of every such line that reaches it, so the task
needs neither a permission nor a request for it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import importlib.util
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from django.apps import apps
from django.conf import settings

from operations.conf import setting

logger = logging.getLogger(__name__)

NAMESPACE = "Django"
METRIC = "QueueLength"
SECONDS = 60


def celery(queue: str) -> int:
    """By a declaration that is not passive, which writes nothing to Redis: a passive one raises for an empty queue."""
    from celery import current_app
    from kombu.transport import virtual

    with current_app.connection_for_read() as connection:
        channel = cast("virtual.Channel", connection.default_channel)
        return channel.queue_declare(queue).message_count


def dramatiq(queue: str) -> int:
    """Without what is delayed, and what workers have fetched."""
    from dramatiq import get_broker

    broker: Any = get_broker()
    return broker.client.llen(f"{broker.namespace}:{queue}")


def rq(queue: str) -> int:
    """Without what is scheduled, deferred or started."""
    from django_rq import get_queue

    return get_queue(queue).count


LENGTHS: dict[str, Callable[[str], int]] = {"celery": celery, "dramatiq": dramatiq, "rq": rq}
"""For each package: the tasks in a queue that no worker has taken. Dramatiq and RQ are asked in Redis."""


def package() -> str | None:
    """The package of LENGTHS that this project works with."""
    for application, name in (("django_dramatiq", "dramatiq"), ("django_rq", "rq")):
        if apps.is_installed(application):
            return name
    return "celery" if importlib.util.find_spec("celery") else None


def queues(name: str) -> Sequence[str]:
    """Those of PUBLISHED_QUEUES, else the one in which tasks are that name none."""
    if published := getattr(settings, "PUBLISHED_QUEUES", None):
        return published
    if name != "celery":
        return ["default"]
    from celery import current_app

    return [current_app.conf.task_default_queue]


def embedded_metric(queue: str, length: int, milliseconds: int) -> str:
    return json.dumps(
        {
            "_aws": {
                "Timestamp": milliseconds,
                "CloudWatchMetrics": [
                    {
                        "Namespace": NAMESPACE,
                        "Dimensions": [["Environment", "Queue"]],
                        "Metrics": [{"Name": METRIC, "Unit": "Count"}],
                    }
                ],
            },
            "Environment": setting("ENVIRONMENT"),
            "Queue": queue,
            METRIC: length,
        }
    )


def publish(name: str, queues: Sequence[str]) -> None:
    for queue in queues:
        try:
            print(embedded_metric(queue, LENGTHS[name](queue), round(time.time() * 1000)), flush=True)
        # The metric must not be able to stop the scheduler; that it is missing is an alarm of its own.
        except Exception as error:
            logger.warning("the queue length is not known", extra={"queue": queue, "error": type(error).__name__})


def publish_until(stop: threading.Event, name: str, queues: Sequence[str]) -> None:
    """Once a minute."""
    publish(name, queues)
    while not stop.wait(SECONDS):
        publish(name, queues)


def publish_beside_beat(**_: object) -> None:
    """Beat is the one process that always runs, runs once, and is never busy with a task."""
    arguments = (threading.Event(), "celery", queues("celery"))
    threading.Thread(target=publish_until, args=arguments, name="queue-length", daemon=True).start()
