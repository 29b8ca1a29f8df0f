"""Whoever waits sees what is done, how much of it there is, and in a log that it still runs."""

from __future__ import annotations

import io
import re
import time

import pytest

from cli import progress
from cli.progress import steps
from stacks.console import Console


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


def lines(log: io.StringIO) -> list[str]:
    """What was printed, without the times."""
    return [re.sub(r"^ *\d+\.\d s  ", "", line) for line in log.getvalue().splitlines()]


def test_each_step_is_a_line_of_a_log(log: io.StringIO) -> None:
    with steps(Console(file=log)) as step:
        step("network", "planning")
        step("network", "planned", is_done=True)
    assert lines(log) == ["network: planning", "network: planned"]


def test_what_is_done_is_counted_of_what_is_expected(log: io.StringIO) -> None:
    with steps(Console(file=log)) as step:
        step("synthesis", "2 units", is_done=True)
        step.expect(["network", "redis"])
        step("network", "planned", is_done=True)
        step("redis", "failed", is_done=True)
        step("gate", "passed", is_done=True)
    counted = ["network: planned (1 of 2)", "redis: failed (2 of 2)"]
    assert lines(log) == ["synthesis: 2 units", *counted, "gate: passed"]


def test_a_silent_log_says_what_still_runs(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENCE_SECONDS", 0.05)
    with steps(Console(file=log)) as step:
        step("network", "planned", is_done=True)
        step("postgresql", "applying")
        step("redis", "planning")
        deadline = time.monotonic() + 10
        while len(lines(log)) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert lines(log)[3] == "still postgresql: applying (0 s), redis: planning (0 s)"


def test_and_says_nothing_when_all_is_done(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENCE_SECONDS", 0.02)
    with steps(Console(file=log)) as step:
        step("network", "planning")
        step("network", "planned", is_done=True)
        time.sleep(0.2)
    assert [line for line in lines(log) if not line.startswith("still")] == ["network: planning", "network: planned"]
    assert lines(log)[-1] == "network: planned"
