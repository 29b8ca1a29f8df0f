"""What a killed command has left of plans and states, the next one removes; what is in use stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cli.private_directory import private_directory

HOLDS = """
from cli.private_directory import private_directory
with private_directory("plans-") as directory:
    (directory / "tfplan").write_text("secret")
    print(directory, flush=True)
    input()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def held(place: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process with such a directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        env={**os.environ, "TMPDIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_it_is_this_users_alone_and_gone_at_the_end(place: Path) -> None:
    with private_directory("plans-") as directory:
        assert directory.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []


def test_what_a_killed_process_has_left_is_removed_by_the_next(place: Path) -> None:
    process, directory = held(place)
    with process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (directory / "tfplan").is_file()
        with private_directory("plans-") as other:
            assert [*place.iterdir()] == [other]


def test_what_is_in_use_or_of_others_stays(place: Path) -> None:
    (place / "plans-of-somebody").mkdir()
    process, directory = held(place)
    with process:
        with private_directory("plans-"):
            assert (directory / "tfplan").is_file()
        process.communicate("\n")
    assert {each.name for each in place.iterdir()} == {"plans-of-somebody"}
