"""How a command fails."""

from __future__ import annotations

import argparse
import signal
from types import FrameType
from typing import NoReturn

FAILED, INTERRUPTED = 1, 130
"""Exit codes. Misuse is a failure like any other, because `plan` and `status` use 2 for changes, as Terraform does."""


class Failure(Exception):
    """What ends a command. Its text has a line for each problem, and `code` is the exit code of the command."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


class Parser(argparse.ArgumentParser):
    """A parser of arguments that raises Failure, with one line, for arguments it does not accept."""

    def __init__(self, prog: str, description: str | None) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise Failure."""
        raise Failure(f"{self.prog}: {message}: see {self.prog} --help")


def end_in_order() -> None:
    """Treat SIGTERM and SIGHUP as interrupts, so that whatever runs ends in order.

    Alone, the process would end and leave Terraform with nobody to read its output.
    """
    signal.signal(signal.SIGTERM, _interrupt)  # as a CI ends a job
    # A terminal that is closed; nohup has it ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt
