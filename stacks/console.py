"""The one way in which this program prints to a terminal."""

from __future__ import annotations

import sys
from typing import Any

import rich.console


class Console(rich.console.Console):
    """A console that prints every string as it is, and leaves long lines to the terminal.

    By default rich replaces the `:secret:` of an ARN with a picture, and takes the `[web]` of an address for a style:
    https://rich.readthedocs.io/en/stable/console.html. A page that must fit the width takes `soft_wrap=False`.
    """

    def __init__(self, *, soft_wrap: bool = True, **options: Any) -> None:
        super().__init__(soft_wrap=soft_wrap, emoji=False, markup=False, highlight=False, **options)


def for_tables(width: int, *, soft_wrap: bool = False) -> Console:
    """That of stdout, as wide as the terminal; a log has no width, and gets this one."""
    return Console(soft_wrap=soft_wrap, width=None if sys.stdout.isatty() else width)
