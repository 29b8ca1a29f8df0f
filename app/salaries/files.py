"""Reading CSV files as streams: bounded memory, bad rows named by file and line, progress shown."""

import csv
import io
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TextIO

from salaries.rows import BadFile, BadRow, Observation, Reader, delimiter

Report = Callable[[str], None]
"""Gets one line for every bad row."""


class Progress:
    """A bar on a terminal, and nothing where nobody looks at it."""

    def __init__(self, total: int, label: str, stream: TextIO = sys.stderr) -> None:
        self._total, self._label, self._stream = max(total, 1), label, stream
        self._shown = stream.isatty()
        self._next = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            self._stream.write("\n")

    def at(self, done: int) -> None:
        now = time.monotonic()
        if self._shown and (now >= self._next or done >= self._total):
            share = min(done / self._total, 1)
            self._stream.write(f"\r{self._label} [{'#' * int(share * 30):<30}] {share:4.0%}")
            self._stream.flush()
            self._next = now + 0.1


def observations(
    path: Path, *, country: str, report: Report, progress: Callable[[int], None] = lambda done: None
) -> Iterator[Observation]:
    """The good rows of a file. A file that cannot be read to its end raises BadFile.

    `progress` hears how many bytes of the file are done.
    """
    try:
        # utf-8-sig: spreadsheets begin a file with a byte order mark, which is no part of the first column's name.
        with path.open("rb") as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            separator = delimiter(header)
            names = next(csv.reader([header], delimiter=separator), [])
            reader = Reader(names, country=country)
            lines = csv.reader(file, delimiter=separator, strict=True)
            for count in itertools.count():
                if count % 500 == 0:
                    progress(binary.tell())
                try:
                    cells = next(lines)
                    if any(cell.strip() for cell in cells):
                        yield reader.observation(cells)
                except StopIteration:
                    return
                except BadRow as error:
                    report(f"{path}:{lines.line_num + 1}: {error}")
                except csv.Error as error:
                    if "unexpected end" in str(error):  # a quote that is never closed has swallowed the rest
                        raise
                    report(f"{path}:{lines.line_num + 1}: {error}")
    except BadFile as error:
        raise BadFile(f"{path}: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path}: cannot be read: {error}") from error
