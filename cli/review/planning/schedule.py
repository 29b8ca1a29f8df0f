"""Runs tasks on a few threads, the most urgent of those that can start first."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from cli.terraform.in_order import LOOK_SECONDS

ResultT = TypeVar("ResultT")
Urgency = tuple[int, ...]
"""The lowest is the most urgent."""


class Schedule:
    """Tasks, each with what follows from it. Only `work` runs on other threads than that of `run`."""

    def __init__(self, most_at_once: int) -> None:
        """`most_at_once` is the number of threads."""
        self._most_at_once = most_at_once
        self._ready: list[tuple[Urgency, int, Callable[[], Callable[[], None]]]] = []
        self._numbers = itertools.count()

    def add(self, urgency: Urgency, work: Callable[[], ResultT], then: Callable[[ResultT | Exception], None]) -> None:
        """Have `work` done, and `then` called with what it returns or raises."""

        def one() -> Callable[[], None]:
            try:
                result: ResultT | Exception = work()
            except Exception as error:  # noqa: BLE001  (it is for `then` to judge)
                result = error
            return lambda: then(result)

        heapq.heappush(self._ready, (urgency, next(self._numbers), one))

    def run(self, stop: Callable[[], None]) -> None:
        """Until nothing is left, also of what was added meanwhile.

        An interrupt, or an exception of a `then`, calls `stop`, and ends once the work that runs has ended.
        """
        running: set[Future[Callable[[], None]]] = set()
        with ThreadPoolExecutor(self._most_at_once) as executor:
            try:
                while self._ready or running:
                    while self._ready and len(running) < self._most_at_once:
                        running.add(executor.submit(heapq.heappop(self._ready)[2]))
                    done, running = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
                    for future in done:
                        future.result()()
            except BaseException:
                stop()
                executor.shutdown(cancel_futures=True)
                raise
