"""What ends a command."""

from __future__ import annotations

FAILED, MISUSE, INTERRUPTED = 1, 2, 130


class Failure(Exception):
    """What ends a command. Its text has a line for each problem, and `code` is the exit code of the command."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code
