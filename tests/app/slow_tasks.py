"""Tasks for the worker's tests."""

import os
import time

import redis
from celery import shared_task
from django.db import connection


@shared_task
def slow(seconds: float) -> None:
    """Says in Redis when it begins and when it ends."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.rpush("slow", "begun")
        time.sleep(seconds)
        client.rpush("slow", "ended")


@shared_task
def database_session() -> None:
    """Prints the process of PostgreSQL that serves the connection: one for each login."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        print("session", cursor.fetchone()[0], flush=True)
