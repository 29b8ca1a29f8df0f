"""What a Python process reads of its variables is written down, and nothing else about it changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.trial import variables_read


def read(directory: Path, program: str) -> frozenset[str]:
    """What a program reads of A, B and C."""
    reads = variables_read.install(directory / "reads")
    variables = {"PYTHONPATH": str(reads), "A": "1", "B": "2", "C": "3"}
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return variables_read.names(reads) & {"A", "B", "C", "*"}


@pytest.mark.parametrize(
    ("program", "names"),
    [
        ("import os; assert os.environ['A'] == '1'", {"A"}),
        ("import os; assert os.getenv('B') == '2' and 'C' in os.environ", {"B", "C"}),
        ("import os; os.environ['A'] = '4'; assert os.environ.copy()['A'] == '4'", set()),
        ("import os; assert dict(os.environ.items())['A'] == '1'", {"*"}),
        ("import os, wsgiref.handlers, urllib.request; urllib.request.getproxies()", set()),
        ("import os; os.fork() or os._exit(bool(os.environ['A'] != '1')); os.wait()", {"A"}),
    ],
)
def test_what_is_asked_for_by_name_is_read(tmp_path: Path, program: str, names: set[str]) -> None:
    assert read(tmp_path, program) == names


def test_a_sitecustomize_of_the_project_runs_as_well(tmp_path: Path) -> None:
    reads = variables_read.install(tmp_path / "reads")
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import os; print('own', os.environ['A'])")
    variables = {"PYTHONPATH": f"{reads}:{own}", "A": "1"}
    done = subprocess.run([sys.executable, "-c", ""], env=variables, capture_output=True, text=True)
    assert done.stdout == "own 1\n"
    assert "A" in variables_read.names(reads)
