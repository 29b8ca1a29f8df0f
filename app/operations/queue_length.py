"""How many tasks wait, as a CloudWatch metric to scale the workers by.

Printed in the embedded metric format: CloudWatch Logs makes a metric of every such line that reaches it, so the task
needs neither a permission nor a request for it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
import threading
import time

from django.conf import settings

from config.celery import celery_app

logger = logging.getLogger(__name__)

NAMESPACE = "Django"
METRIC = "QueueLength"
SECONDS = 60


def measure() -> int:
    """Tasks in the default queue that no worker has taken. An empty queue does not exist in Redis: zero."""
    with celery_app.connection_for_read() as connection:
        return connection.default_channel._size(celery_app.conf.task_default_queue)


def embedded_metric(length: int, milliseconds: int) -> str:
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
            "Environment": settings.ENVIRONMENT,
            "Queue": celery_app.conf.task_default_queue,
            METRIC: length,
        }
    )


def publish() -> None:
    try:
        print(embedded_metric(measure(), round(time.time() * 1000)), flush=True)
    # The metric must not be able to stop the scheduler; that it is missing is an alarm of its own.
    except Exception as error:
        logger.warning("the queue length is not known", extra={"error": type(error).__name__})


def publish_forever_in_background() -> None:
    def loop() -> None:
        while True:
            publish()
            time.sleep(SECONDS)

    threading.Thread(target=loop, name="queue-length", daemon=True).start()
