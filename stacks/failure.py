"""How a command fails."""

from __future__ import annotations

import argparse
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
