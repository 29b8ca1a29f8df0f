"""A run of beat is neither lost nor sent twice when its container is exchanged, with its file, at any time."""

import os
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest
import redis as redis_client
from celery.schedules import crontab
from kombu import Connection

from config.celery import celery_app
from operations.beat import KEY, KeptScheduler

NIGHT = datetime(2027, 1, 31, 3, 30, tzinfo=UTC)


@pytest.fixture
def beat(monkeypatch, tmp_path):
    """Starts a beat in a new container, which runs from one time to another: what it sends, and when."""
    clock, containers = [NIGHT], count()
    url = os.environ.get("CELERY_BROKER_URL", "memory://")
    monkeypatch.setattr(type(celery_app), "now", lambda _: clock[0])
    monkeypatch.setattr(celery_app, "connection_for_write", lambda *_: Connection(url))
    daily = {"task": "no.such.task", "schedule": crontab(hour="4", minute="0")}
    monkeypatch.setitem(celery_app.conf, "beat_schedule", {"daily": daily})

    def run(start: str, end: str, day: int = 0) -> list[str]:
        sent = []
        times = [datetime.combine(NIGHT, time.fromisoformat(each), UTC) for each in (start, end)]
        clock[0], last = (each + timedelta(days=day) for each in times)
        scheduler = KeptScheduler(celery_app, schedule_filename=str(tmp_path / str(next(containers))))
        monkeypatch.setattr(KeptScheduler, "producer", None)
        monkeypatch.setattr(scheduler, "send_task", lambda *_, **__: sent.append(f"{clock[0]:%H:%M}"))
        while clock[0] <= last:
            scheduler.tick()
            scheduler.tick()  # it sends in one, and looks at the time of the next run in another
            clock[0] += timedelta(minutes=1)
        scheduler.close()
        return sent

    yield run
    if url.startswith("redis"):
        with redis_client.Redis.from_url(url) as broker:
            broker.flushdb()


@pytest.mark.real
def test_a_run_that_was_due_while_no_beat_ran_is_sent_once(beat):
    assert beat("03:30", "03:58") == []
    assert beat("04:02", "04:10") == ["04:02"], "exchanged over the hour"
    assert beat("04:12", "05:00") == [], "exchanged at another hour"
    assert beat("03:50", "04:10", day=1) == ["04:00"]
    assert beat("04:11", "04:30", day=1) == []


@pytest.mark.real
def test_a_run_that_could_not_be_sent_is_sent_by_the_next_beat(beat, monkeypatch):
    assert beat("03:30", "03:58") == []
    with monkeypatch.context() as broken:
        broken.setattr(KeptScheduler, "apply_async", _refuse)
        assert beat("04:00", "04:05") == []
    assert beat("04:07", "04:10") == ["04:07"]


@pytest.mark.real
def test_what_is_no_longer_scheduled_is_forgotten(beat, monkeypatch):
    with redis_client.Redis.from_url(os.environ["CELERY_BROKER_URL"]) as broker:
        beat("03:30", "03:31")
        assert b"daily" in broker.hkeys(KEY)
        monkeypatch.setitem(celery_app.conf, "beat_schedule", {})
        beat("03:32", "03:33")
        assert b"daily" not in broker.hkeys(KEY)


def test_without_redis_it_is_the_scheduler_of_celery(beat, monkeypatch, caplog):
    monkeypatch.setattr(celery_app, "connection_for_write", lambda *_: Connection("memory://"))
    assert beat("03:50", "04:10") == ["04:00"]
    assert "not kept" not in caplog.text
    monkeypatch.setattr(celery_app, "connection_for_write", _refuse)
    assert beat("03:50", "04:10", day=1) == ["04:00"]
    assert "the last runs of beat are not kept" in caplog.text


def _refuse(*_, **__):
    raise ConnectionError
