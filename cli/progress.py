"""Says what is being done for each of several things at once: in place on a terminal, else line by line."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """Use it as a context manager around the work, and call it with the name of a thing and what is done with it."""

    def __init__(self, console: Console) -> None:
        """`console` is that of stderr: stdout is for results."""
        self._console = console
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._tasks: dict[str, TaskID] = {}
        columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
        self._progress = Progress(*columns, console=console, transient=True) if console.is_terminal else None

    def __call__(self, name: str, step: str, *, is_done: bool = False) -> None:
        """Say that this is being done now, or that it is done."""
        with self._lock:
            if self._progress is None:
                elapsed = time.monotonic() - self._started
                self._console.print(f"{elapsed:6.1f} s  {name}: {step}", markup=False, highlight=False, soft_wrap=True)
                return
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task("", total=1)
            description = f"{name}: {step}"
            self._progress.update(self._tasks[name], description=description, completed=1 if is_done else 0)

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()
