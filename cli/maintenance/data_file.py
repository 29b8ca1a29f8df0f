"""Writes a data file of the project."""

from __future__ import annotations

from pathlib import Path


def replace(file: Path, text: str) -> None:
    """Replace the file in one step, so that no reader finds half of it. Raises OSError, and then nothing is changed."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise
