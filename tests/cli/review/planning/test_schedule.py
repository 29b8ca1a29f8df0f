"""What is most urgent starts first, and an interrupt ends all of it in order."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial

import pytest

from cli.review.planning.schedule import Schedule


def ignore(_: object) -> None:
    pass


def test_the_most_urgent_comes_first() -> None:
    schedule, done = Schedule(1), list[object]()
    for urgency, name in enumerate(("a", "b", "c")):
        schedule.add((-urgency,), partial(str, name), done.append)
    schedule.run(stop=lambda: None)
    assert done == ["c", "b", "a"]


def test_what_is_added_later_and_is_more_urgent_comes_before_what_has_not_begun() -> None:
    schedule, begun = Schedule(1), list[str]()
    for urgency, name in enumerate("bc", start=1):
        schedule.add((urgency,), partial(begun.append, name), ignore)
    schedule.add(
        (0,), partial(begun.append, "a"), lambda _: schedule.add((0,), partial(begun.append, "urgent"), ignore)
    )
    schedule.run(stop=lambda: None)
    assert begun == ["a", "urgent", "b", "c"]


def test_what_follows_from_a_task_is_done_on_the_thread_that_waits_and_may_add_more() -> None:
    schedule, threads = Schedule(2), list[threading.Thread]()

    def follow(_: object) -> None:
        threads.append(threading.current_thread())
        if len(threads) < 3:
            schedule.add((0,), threading.current_thread, follow)

    schedule.add((0,), threading.current_thread, follow)
    schedule.run(stop=lambda: None)
    assert threads == [threading.main_thread()] * 3


def test_no_more_than_so_many_at_once() -> None:
    schedule, running, results = Schedule(2), threading.Semaphore(2), list[object]()

    def work() -> None:
        assert running.acquire(blocking=False)
        time.sleep(0.01)
        running.release()

    for _ in range(6):
        schedule.add((0,), work, results.append)
    schedule.run(stop=lambda: None)
    assert results == [None] * 6


def test_what_a_task_raises_is_its_result() -> None:
    schedule, results = Schedule(1), list[object]()

    def work() -> None:
        raise ValueError("wrong")

    schedule.add((0,), work, results.append)
    schedule.run(stop=lambda: None)
    assert [str(result) for result in results] == ["wrong"]


def test_an_interrupt_stops_what_runs_and_begins_nothing_more() -> None:
    schedule, stopped, done = Schedule(1), threading.Event(), list[str]()

    def work() -> None:
        time.sleep(0.2)  # until the main thread waits
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(10)
        done.append("ended")

    schedule.add((0,), work, ignore)
    schedule.add((1,), lambda: done.append("begun"), ignore)
    with pytest.raises(KeyboardInterrupt):
        schedule.run(stop=stopped.set)
    assert done == ["ended"]
