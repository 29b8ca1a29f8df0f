"""Take the package index out of Pipfile.lock, so that each machine uses the one that its pip is configured for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.command import Parser
from cli.failure import run_command
from cli.terraform.synthesis import PROJECT

LOCK = PROJECT / "Pipfile.lock"


def without_index(lock: dict[str, Any]) -> dict[str, Any]:
    """The lock without the sources of its head and the `index` of its packages."""
    head = {**lock["_meta"], "sources": []}
    packages = {
        category: {name: {key: value for key, value in pin.items() if key != "index"} for name, pin in pins.items()}
        for category, pins in lock.items()
        if category != "_meta"
    }
    return {"_meta": head, **packages}


def main(argv: Sequence[str] = (), *, path: Path = LOCK) -> int:
    """Rewrite the lock as pipenv would write it. The hashes stay: they hold whatever index serves the files."""
    return run_command("lock", lambda: _run(argv, path))


def _run(argv: Sequence[str], path: Path) -> int:
    Parser("lock", __doc__).parse_args(argv)
    lock = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(without_index(lock), indent=4, separators=(",", ": "), sort_keys=True) + "\n", "utf-8")
    return 0
