"""How many tasks wait, as a CloudWatch metric to scale the workers by.

Printed in the embedded metric format: CloudWatch Logs makes a metric of every such line that reaches it, so the task
needs neither a permission nor a request for it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import logging
import threading
import time
from typing import cast

from celery import Celery
from kombu.transport import virtual

from operations.conf import setting

logger = logging.getLogger(__name__)

NAMESPACE = "Django"
METRIC = "QueueLength"
SECONDS = 60


def measure(app: Celery) -> int:
    """Tasks in the default queue that no worker has taken.

    Not a passive declaration, which raises for an empty queue: in Redis that is one that does not exist. Declaring it
    writes nothing there.
    """
    with app.connection_for_read() as connection:
        channel = cast("virtual.Channel", connection.default_channel)
        return channel.queue_declare(app.conf.task_default_queue).message_count


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


def publish(app: Celery) -> None:
    try:
        print(embedded_metric(app.conf.task_default_queue, measure(app), round(time.time() * 1000)), flush=True)
    # The metric must not be able to stop the scheduler; that it is missing is an alarm of its own.
    except Exception as error:
        logger.warning("the queue length is not known", extra={"error": type(error).__name__})


def publish_forever_in_background(app: Celery) -> None:
    def loop() -> None:
        while True:
            publish(app)
            time.sleep(SECONDS)

    threading.Thread(target=loop, name="queue-length", daemon=True).start()
