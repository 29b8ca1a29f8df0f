"""Runs the synthesis as a program of its own: what surrounds cdktf does without it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.text import one_line
from stacks.config import loader
from stacks.failure import Failure

PROJECT = Path(__file__).parents[2]
WITHOUT_IMPORTS = "--without-imports"
"""The option for an account that is empty, which has nothing that could be taken over."""


class SynthesisFailed(Failure):
    """A synthesis that failed. Its text is the one line that main.py ended with."""


def synthesize(environments: Sequence[str], output: Path, *options: str, config: Path = loader.DIRECTORY) -> None:
    """Write the units of these environments to `output`, as `python main.py ENVIRONMENT... --output DIR` does.

    `config` is the directory of the environments. Raises loader.WrongEnvironment, which has a line for each problem of
    theirs, and SynthesisFailed for anything else.
    """
    # Of all that a program and its Node write to stderr, only the last line is surely ours.
    with contextlib.redirect_stdout(io.StringIO()):
        loader.load(loader.choose(environments, config), config)
    given = ["--config", str(config), "--output", str(output), *options]
    command = [sys.executable, str(PROJECT / "main.py"), *environments, *given]
    # One that is interrupted is killed, and leaves what jsii has unpacked.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        variables = {**os.environ, "TMPDIR": temporary}
        done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"main.py: ended with {done.returncode}: run `make synth`"]
        raise SynthesisFailed(one_line(said[-1]))
