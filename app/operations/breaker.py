"""A failure that is remembered for some seconds, so that not every caller has to wait for the same one."""

import threading
import time


class Breaker:
    """Closed until something fails, then open for so many seconds. Then one caller may try while others still fail."""

    def __init__(self, seconds: float = 3) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open_until: float | None = None

    def allows(self) -> bool:
        """Whether the caller may try. One that may must report `trip` or `reset`."""
        if self._open_until is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._open_until is None:
                return True
            if now < self._open_until:
                return False
            self._open_until = now + self._seconds
            return True

    def trip(self) -> None:
        with self._lock:
            self._open_until = time.monotonic() + self._seconds

    def reset(self) -> None:
        with self._lock:
            self._open_until = None
