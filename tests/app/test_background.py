"""Celery on a real Redis: tasks, the stop, the schedule, the metric."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import redis as redis_client
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

import production
from config.celery import celery_app
from conftest import APP
from operations import queue_length
from salaries import tasks
from salaries.models import SalaryObservation

HERE = str(Path(__file__).parent)


@pytest.fixture
def redis() -> Iterator[redis_client.Redis]:
    with redis_client.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client
        client.flushall()


@contextlib.contextmanager
def celery(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "config", *arguments],
        cwd=APP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local", "PYTHONPATH": HERE, **variables},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        print(process.communicate()[0])


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def send(seconds: float) -> None:
    send_task("slow", [seconds])


def send_task(name: str, arguments: Sequence[object] = ()) -> None:
    with celery_app.connection_for_write(os.environ["CELERY_BROKER_URL"]) as connection:
        celery_app.send_task(f"slow_tasks.{name}", arguments, connection=connection)


@pytest.mark.real
def test_the_old_queue_is_emptied_while_new_tasks_wait_in_the_new_one(redis):
    """As docs/changes.md has it for redis.draining_broker: a task that is due later is in no list any more."""
    old = os.environ["CELERY_BROKER_URL"]
    new = f"{old.removesuffix('1')}2"
    arguments = ("worker", "--include", "slow_tasks", "--concurrency", "1", "--loglevel", "INFO")

    def send_to(url: str, **options: int) -> None:
        with celery_app.connection_for_write(url) as connection:
            celery_app.send_task("slow_tasks.slow", [0], connection=connection, **options)

    send_to(old)
    send_to(new)
    with redis_client.Redis.from_url(old) as before, redis_client.Redis.from_url(new) as after, celery(*arguments):
        wait_until(lambda: redis.llen("slow") == 2)
        send_to(old, countdown=2)
        wait_until(lambda: before.llen("celery") == 0 and before.zcard("unacked_index") == 1)
        wait_until(lambda: redis.llen("slow") == 4 and before.zcard("unacked_index") == 0)
        assert after.llen("celery") == 1


@pytest.mark.real
@pytest.mark.parametrize(("seconds", "left", "words"), [(2, 0, [b"begun", b"ended"]), (60, 1, [b"begun"])])
def test_sigterm_lets_a_task_end_in_time_and_gives_back_what_does_not(redis, seconds, left, words):
    """ECS sends SIGTERM, and SIGKILL after the stop timeout: by then nothing may be lost."""
    send(seconds)
    arguments = ("worker", "--include", "slow_tasks", "--concurrency", "1", "--loglevel", "INFO")
    with celery(*arguments, REMAP_SIGTERM="SIGQUIT", CELERY_SHUTDOWN_SECONDS="5") as worker:
        wait_until(lambda: redis.llen("slow") == 1)
        stopped = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    assert time.monotonic() - stopped < 15
    assert redis.lrange("slow", 0, -1) == words
    with redis_client.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as broker:
        assert broker.llen("celery") == left


@pytest.mark.real
def test_a_worker_logs_in_to_the_database_once_and_again_where_its_session_is_lost(redis, postgresql):
    arguments = ("worker", "--include", "slow_tasks", "--concurrency", "1")
    with celery(*arguments, **production.on_this_machine(), DATABASE_POOL_SIZE="1") as worker:
        sessions = (line.split()[1] for line in worker.stdout if line.startswith("session"))
        for _ in range(5):
            send_task("database_session")
        (session,) = set(itertools.islice(sessions, 5))
        postgresql.sql(f"SELECT pg_terminate_backend({session})")
        send_task("database_session")
        assert next(sessions) != session
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0


@pytest.mark.real
def test_beat_publishes_how_many_tasks_wait(redis, tmp_path):
    send(0)
    send(0)
    with celery("beat", "--schedule", str(tmp_path / "schedule")) as beat:
        line = next(line for line in beat.stdout if line.startswith('{"_aws"'))
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(10) == 0
    metric = json.loads(line)
    assert metric["QueueLength"] == 2
    assert metric["Queue"] == "celery"
    assert metric["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Django",
            "Dimensions": [["Environment", "Queue"]],
            "Metrics": [{"Name": "QueueLength", "Unit": "Count"}],
        }
    ]


@pytest.mark.real
def test_a_queue_that_does_not_exist_is_empty_and_stays_away(redis):
    assert queue_length.celery("celery") == 0
    with redis_client.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as broker:
        assert broker.keys() == []
    send(0)
    assert queue_length.celery("celery") == 1


def test_a_metric_that_cannot_be_measured_is_a_line_in_the_log(monkeypatch, caplog, capsys):
    def fail(_: object) -> int:
        raise ConnectionError

    monkeypatch.setitem(queue_length.LENGTHS, "celery", fail)
    queue_length.publish("celery", ["celery"])
    assert "the queue length is not known" in caplog.text
    assert capsys.readouterr().out == ""


@pytest.fixture
def places(settings, tmp_path):
    settings.SALARY_RAW_DIR = tmp_path / "raw"
    settings.SALARY_DATASET = tmp_path / "dataset.csv"


def test_refreshing_twice_adds_the_rows_once_and_keeps_others(db, places):
    SalaryObservation.objects.create(role="own", country="BR", currency="BRL", total_compensation=1)
    tasks.refresh_dataset()
    first = SalaryObservation.objects.count()
    tasks.refresh_dataset()
    assert SalaryObservation.objects.count() == first == 1201


@pytest.fixture
def other_worker(db) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, as another process has."""
    other = connection.copy()
    yield other
    end(other)


def end(worker: BaseDatabaseWrapper) -> None:
    """As its process ends. PostgreSQL takes a moment to notice, and has the worker's locks until then."""
    worker.close()
    with connection.cursor() as cursor:
        wait_until(lambda: not cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchone())


def lock(worker: BaseDatabaseWrapper) -> bool:
    with worker.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [tasks.REFRESH_LOCK])
        return cursor.fetchone()[0]


@pytest.mark.real
def test_one_task_refreshes_at_a_time_whether_or_not_the_cache_answers(other_worker, places):
    cache._breaker.trip()
    assert lock(other_worker)
    tasks.refresh_dataset()
    cache._breaker.reset()
    assert not SalaryObservation.objects.exists()


@pytest.mark.real
def test_no_lock_is_left_by_a_worker_that_died_or_a_refresh_that_failed(other_worker, places, settings, tmp_path):
    assert lock(other_worker)
    end(other_worker)
    tasks.refresh_dataset()
    assert SalaryObservation.objects.count() == 1200
    settings.SALARY_SOURCES = tmp_path / "missing.json"
    tasks.refresh_dataset()
    assert lock(other_worker)


def test_a_refresh_that_fails_changes_nothing_and_lets_the_next_one_try(db, places, settings, tmp_path, caplog):
    sources = settings.SALARY_SOURCES
    settings.SALARY_SOURCES = tmp_path / "missing.json"
    tasks.refresh_dataset()
    assert "the dataset is not refreshed" in caplog.text
    assert not SalaryObservation.objects.exists()
    settings.SALARY_SOURCES = sources
    tasks.refresh_dataset()
    assert SalaryObservation.objects.count() == 1200


def test_everything_scheduled_exists_and_keeps_no_result():
    celery_app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert celery_app.tasks[entry["task"]].ignore_result
    assert celery_app.conf.result_backend is None
