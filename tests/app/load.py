"""A bounded load over HTTP: some threads, each asking one question after the other and judging every answer."""

import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# How long is waited for what is sure to come, on a machine that is as slow as it may be.
PATIENCE_SECONDS = 600
HEADERS = {"Host": "api.example.com", "X-Forwarded-Proto": "https"}


@dataclass
class Outcome:
    milliseconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def fetch(port: int, path: str, timeout: float = 30) -> tuple[int, bytes]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)) as connection:
        connection.request("GET", path, headers=HEADERS)
        response = connection.getresponse()
        return response.status, response.read()


def run(
    port: int,
    paths: Sequence[str],
    *,
    threads: int,
    seconds: float | None = None,
    until: threading.Event | None = None,
    judge: Callable[[str, int, bytes], str | None] = lambda path, status, body: None if status == 200 else str(status),
) -> Outcome:
    """Asks again and again, for so many seconds or until it is told to end, or else everything once.

    `judge` says what is wrong with an answer, if anything.
    """
    outcome, lock, end = Outcome(), threading.Lock(), time.monotonic() + (seconds or PATIENCE_SECONDS)
    once = seconds is None and until is None

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for path in paths[first::threads] if once else itertools.islice(itertools.cycle(paths), first, None):
            if time.monotonic() > end or (until and until.is_set()):
                break
            started = time.perf_counter()
            connection.request("GET", path, headers=HEADERS)
            response = connection.getresponse()
            body = response.read()
            taken = (time.perf_counter() - started) * 1000
            wrong = judge(path, response.status, body)
            with lock:
                outcome.milliseconds.append(taken)
                outcome.statuses[response.status] = outcome.statuses.get(response.status, 0) + 1
                if wrong:
                    outcome.wrong.append(f"{path}: {wrong}")
        connection.close()

    workers = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return outcome
