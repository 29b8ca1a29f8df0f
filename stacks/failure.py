"""How a command fails."""

from __future__ import annotations

import argparse
import errno
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


# What no program can do anything about.
_OF_THE_MACHINE = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room, or raise the quota",
    errno.EROFS: "write elsewhere",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "end what has many files open",
    errno.ENOMEM: "give it more memory (ulimit -v)",
}


def of_the_machine(error: BaseException) -> str | None:
    """What this machine lacks, and what to do; None for any other error."""
    if isinstance(error, MemoryError):
        return f"not enough memory: {_OF_THE_MACHINE[errno.ENOMEM]}"
    remedy = _OF_THE_MACHINE.get(error.errno or 0) if isinstance(error, OSError) else None
    if not isinstance(error, OSError) or remedy is None:
        return None
    return f"{error.filename or 'output'}: {error.strerror}: {remedy}"


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
