"""What takes linear time, told from what does not without a clock: one ends at once, the other not in minutes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LENGTH = 200_000
HANGS_SECONDS = 10


def repeated(text: str) -> str:
    """The text again and again, 200,000 characters long."""
    return text * (LENGTH // len(text))


@contextmanager
def unless_it_hangs() -> Iterator[None]:
    """Raise TimeoutError after so many seconds of this process, however busy the machine is."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"it has not ended after {HANGS_SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, HANGS_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
