"""What the tests of these commands ask of a directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def texts(directory: Path) -> dict[str, str]:
    """All of its files, hidden ones too."""
    return {file.name: file.read_text() for file in sorted(directory.iterdir()) if file.is_file()}


def lint(directory: Path) -> None:
    """Whether `make lint` would pass on its files."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    for command in (["check"], ["format", "--check", "--diff"]):
        settings = ["--config", str(PROJECT / "pyproject.toml"), "--no-cache"]
        done = subprocess.run([ruff, *command, *settings, str(directory)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
