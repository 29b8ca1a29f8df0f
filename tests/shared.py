"""What is made once in a test run, by the first process that asks for it."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def once(file: Path, make: Callable[[], Any]) -> Any:
    """The JSON in a file, which one process makes while the others wait."""
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            new = file.with_suffix(".new")
            new.write_text(json.dumps(make()))
            new.rename(file)
    return json.loads(file.read_text())


def digest(document: Any) -> str:
    """Of JSON, so that what is made of it has a name."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
