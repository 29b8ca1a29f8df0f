"""A task for the worker's tests: it says in Redis when it begins and when it ends."""

import os
import time

import redis
from celery import shared_task


@shared_task
def slow(seconds: float) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.rpush("slow", "begun")
        time.sleep(seconds)
        client.rpush("slow", "ended")
