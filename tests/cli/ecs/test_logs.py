"""Logs are followed in the order of time, without a line twice and without one too few."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from cli.ecs.logs import LATE_MILLISECONDS, Groups, Stream
from cli.local_aws.server import LocalAws
from tests.cli.ecs.cluster import ACCOUNT

pytestmark = pytest.mark.thorough

NOW = round(time.time() * 1000)
WEB, WORKER = "/ecs/django-test/web", "/ecs/django-test/worker"


@pytest.fixture
def logs() -> Iterator[Any]:
    with LocalAws() as aws:
        client = aws.client("logs", ACCOUNT)
        for group in (WEB, WORKER):
            client.create_log_group(logGroupName=group)
            for stream in ("a", "b"):
                client.create_log_stream(logGroupName=group, logStreamName=stream)
        yield client


def write(logs: Any, group: str, *events: tuple[int, str], stream: str = "a") -> None:
    given = [{"timestamp": NOW + moment, "message": message} for moment, message in events]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=given)


def lines(groups: Groups) -> list[str]:
    return [line for _, _, line in groups.read()]


def test_services_are_mixed_in_the_order_of_time(logs: Any) -> None:
    write(logs, WEB, (-3000, "first"), (-1000, "third"))
    write(logs, WORKER, (-2000, "second"))
    read = [(moment - NOW, group, line) for moment, group, line in Groups(logs, [WEB, WORKER], NOW - 60_000).read()]
    assert read == [(-3000, WEB, "first"), (-2000, WORKER, "second"), (-1000, WEB, "third")]


def test_lines_of_the_same_moment_keep_their_order(logs: Any) -> None:
    write(logs, WEB, (0, "Traceback"), (0, "  File"), (0, "Error"))
    assert lines(Groups(logs, [WEB], NOW)) == ["Traceback", "  File", "Error"]


def test_no_line_comes_twice(logs: Any) -> None:
    groups = Groups(logs, [WEB], NOW - 1000)
    write(logs, WEB, (0, "one"), (0, "the same"))
    assert lines(groups) == ["one", "the same"]
    write(logs, WEB, (0, "two"))
    assert lines(groups) == ["two"]
    assert lines(groups) == []


def test_a_line_of_another_task_that_comes_late_is_not_lost(logs: Any) -> None:
    groups = Groups(logs, [WEB], NOW - 600_000)
    write(logs, WEB, (0, "new"))
    assert lines(groups) == ["new"]
    write(logs, WEB, (-5000, "late"), stream="b")
    assert lines(groups) == ["late"]


def test_what_is_long_past_is_forgotten_and_does_not_come_again(logs: Any) -> None:
    groups = Groups(logs, [WEB], NOW - 600_000)
    write(logs, WEB, (-2 * LATE_MILLISECONDS, "old"), (0, "new"))
    assert lines(groups) == ["old", "new"]
    assert lines(groups) == []
    assert len(groups._seen[WEB]) == 1


def test_what_is_older_than_asked_for_is_not_shown(logs: Any) -> None:
    write(logs, WEB, (-5000, "old"), (0, "new"))
    assert lines(Groups(logs, [WEB], NOW - 1000)) == ["new"]


def test_a_stream_is_read_on_from_where_it_was_left(logs: Any) -> None:
    stream = Stream(logs, WEB, "a")
    write(logs, WEB, (0, "one"))
    assert list(stream.read()) == ["one"]
    assert list(stream.read()) == []
    write(logs, WEB, (1, "two"), (2, "three"))
    assert list(stream.read()) == ["two", "three"]


def test_a_stream_that_is_not_there_yet_has_no_lines(logs: Any) -> None:
    assert list(Stream(logs, WEB, "task/that/starts").read()) == []
