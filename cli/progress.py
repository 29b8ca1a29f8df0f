"""Shows what is being done for each of several things at once: in place on a terminal, else line by line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stacks.console import Console

SILENCE_SECONDS = 30.0
"""After which a log says what still runs. GitHub, GitLab and people take a silent job for one that hangs."""


class Steps:
    """Call it with the name of a thing and what is done with it, from any thread."""

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress
        self._lock = threading.Lock()
        self._started = self._last_line = time.monotonic()
        self._tasks: dict[str, TaskID] = {}
        self._running: dict[str, tuple[str, float]] = {}
        self._expected: frozenset[str] = frozenset()
        self._done: set[str] = set()

    def expect(self, names: Iterable[str]) -> None:
        """Count which of these are done from now on."""
        with self._lock:
            self._expected, self._done = frozenset(names), set()

    def __call__(self, name: str, step: str, *, is_done: bool = False) -> None:
        """Show that this is being done now, or that it is done."""
        with self._lock:
            if is_done:
                self._running.pop(name, None)
                if name in self._expected:
                    self._done.add(name)
                    step = f"{step} ({len(self._done)} of {len(self._expected)})"
            else:
                self._running[name] = (step, time.monotonic())
            if self._progress is None:
                self._print(f"{name}: {step}")
                return
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task("", total=1)
            self._progress.update(self._tasks[name], description=f"{name}: {step}", completed=1 if is_done else 0)

    def repeat(self) -> None:
        """Print what still runs, where nothing was printed for a while."""
        with self._lock:
            now = time.monotonic()
            if self._running and now - self._last_line >= SILENCE_SECONDS:
                running = [f"{name}: {step} ({now - since:.0f} s)" for name, (step, since) in self._running.items()]
                self._print(f"still {', '.join(running)}")

    def _print(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(f"{self._last_line - self._started:6.1f} s  {line}")


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Steps on a console, which is that of stderr, because stdout is for results. They vanish from a terminal."""
    if not console.is_terminal:
        shown = Steps(console, None)
        with _repeating(shown):
            yield shown
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(console, progress)


@contextmanager
def _repeating(shown: Steps) -> Iterator[None]:
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(min(SILENCE_SECONDS, 1)):
            shown.repeat()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
