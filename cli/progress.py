"""Says what is being done for each of several things at once: in place on a terminal, else line by line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from stacks.console import Console


class Steps:
    """Call it with the name of a thing and what is done with it, from any thread."""

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, step: str, *, is_done: bool = False) -> None:
        """Say that this is being done now, or that it is done."""
        with self._lock:
            if self._progress is None:
                elapsed = time.monotonic() - self._started
                self._console.print(f"{elapsed:6.1f} s  {name}: {step}")
                return
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task("", total=1)
            description = f"{name}: {step}"
            self._progress.update(self._tasks[name], description=description, completed=1 if is_done else 0)


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Steps on a console, which is that of stderr, because stdout is for results. They vanish from a terminal."""
    if not console.is_terminal:
        yield Steps(console, None)
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(console, progress)
