"""An apply that goes on while a test does something else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cli.deploy.apply import Applier
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit
from tests.support import PATIENCE_SECONDS


@contextmanager
def applying(given: Applier, unit: Unit) -> Iterator[list[Exception]]:
    """An apply that goes on in another thread, and what ends it."""
    begun = threading.Event()
    ended: list[Exception] = []
    given.step = lambda _name, step, **_: begun.set() if step.startswith("applying") else None

    def apply() -> None:
        try:
            given.apply(unit)
        except TerraformFailed as error:
            ended.append(error)

    thread = threading.Thread(target=apply)
    thread.start()
    assert begun.wait(PATIENCE_SECONDS)
    yield ended
    thread.join()
