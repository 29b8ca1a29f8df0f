"""Units wait for those that they depend on and for no others, and a failure stops what waits for it alone."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from cli.terraform.in_order import NotDone, in_order
from cli.terraform.tree import Unit
from tests.cli.deploy.fakes import unit


@pytest.fixture
def units(tmp_path: Path) -> list[Unit]:
    """Network → postgresql and redis → service."""
    return [
        unit(tmp_path, "network"),
        unit(tmp_path, "postgresql", "network"),
        unit(tmp_path, "redis", "network", "elsewhere"),
        unit(tmp_path, "service", "postgresql", "redis"),
    ]


def test_dependencies_come_first(units: list[Unit]) -> None:
    done: list[str] = []

    def work(each: Unit) -> str:
        done.append(each.name)
        return each.name.upper()

    results = in_order(units, work, most_at_once=4)
    assert done[0] == "network"
    assert done[3] == "service"
    assert results.done == {name: name.upper() for name in done}


def test_or_last_when_they_are_taken_down(units: list[Unit]) -> None:
    done: list[str] = []
    in_order(units, lambda each: done.append(each.name), most_at_once=4, is_reversed=True)
    assert done[0] == "service"
    assert done[3] == "network"


def test_independent_ones_run_side_by_side(units: list[Unit]) -> None:
    both = threading.Barrier(2)

    def work(each: Unit) -> None:
        if each.name in ("postgresql", "redis"):
            both.wait(timeout=10)

    assert in_order(units, work, most_at_once=2).all().keys() == {each.name for each in units}


def test_no_more_than_so_many_at_once(units: list[Unit]) -> None:
    running = threading.Semaphore(1)

    def work(each: Unit) -> None:
        assert running.acquire(blocking=False)
        time.sleep(0.01)
        running.release()

    assert in_order(units, work, most_at_once=1).all().keys() == {each.name for each in units}


def test_a_failure_leaves_out_what_waits_for_it_and_nothing_else(units: list[Unit]) -> None:
    done: list[str] = []

    def work(each: Unit) -> None:
        if each.name == "postgresql":
            raise ValueError("wrong")
        done.append(each.name)

    results = in_order(units, work, most_at_once=4)
    assert sorted(done) == ["network", "redis"]
    assert sorted(results.done) == ["network", "redis"]
    assert isinstance(results.failed["postgresql"], ValueError)
    assert isinstance(results.failed["service"], NotDone)
    assert str(results.failed["service"]) == "not done, because postgresql failed"
    with pytest.raises(ValueError, match="^wrong$"):
        results.all()


def test_an_interrupt_stops_what_runs_and_begins_nothing_more(units: list[Unit]) -> None:
    stopped = threading.Event()
    done: list[str] = []

    def work(each: Unit) -> None:
        done.append(each.name)
        if each.name == "network":
            return
        time.sleep(0.2)  # until the main thread waits
        os.kill(os.getpid(), signal.SIGINT)
        assert stopped.wait(10)
        done.append(f"{each.name} ended")

    with pytest.raises(KeyboardInterrupt):
        in_order(units, work, most_at_once=1, stop=stopped.set)
    assert len(done) == 3, "what runs ends by itself, and the others do not begin"
    assert done[2] == f"{done[1]} ended"
