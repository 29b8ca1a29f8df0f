"""How a command fails."""

from __future__ import annotations

import argparse
import signal
from types import FrameType
from typing import Any, NoReturn

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
        for name in (None, "store"):  # what takes several values appends them
            self.register("action", name, _Once)

    def error(self, message: str) -> NoReturn:
        """Raise Failure."""
        raise Failure(f"{self.prog}: {message}: see {self.prog} --help")


class _Once(argparse.Action):
    """Stores the value of an argument, of which argparse would take the last without a word."""

    _is_given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if self._is_given:
            parser.error(f"argument {option_string}: is given twice")
        self._is_given = option_string is not None
        setattr(namespace, self.dest, values)


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
