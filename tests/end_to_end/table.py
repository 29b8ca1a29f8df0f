"""The results of the end-to-end tests, which are printed when a test run ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

COLUMNS = ("unit", "by", "resources", "apply", "second plan", "destroy")


class Table:
    """A row for each unit, kept in a file because it is written in one process and printed in another."""

    def __init__(self, file: Path, deployer: str) -> None:
        self._file = file
        self._deployer = deployer
        self._rows: dict[str, dict[str, str]] = {}

    def set(self, unit: str, column: str, value: str) -> None:
        row = self._rows.setdefault(unit, {"unit": unit, "by": self._deployer})
        row[column] = value
        self._file.write_text(json.dumps(list(self._rows.values())))

    def seconds(self, unit: str, column: str, seconds: float) -> None:
        """For the units that are known, or become known by their own names: dev-network."""
        if unit.startswith(("dev-", "prod-")):
            self.set(unit, column, f"{seconds:.0f} s")


def lines(files: Iterable[Path]) -> list[str]:
    """The rows of these files, in columns."""
    rows = [COLUMNS]
    for file in files:
        rows += [tuple(row.get(column, "-") for column in COLUMNS) for row in json.loads(file.read_text())]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
