"""What `make snapshots` writes, and what it says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.config import loader
from tests.support import Json

PROJECT = Path(__file__).parents[2]
_LINES = pytest.StashKey[list[str]]()
_SHOWN = 6


def is_asked_for(config: pytest.Config) -> bool:
    """Whether this run accepts what is new."""
    return bool(config.getoption("--accept-snapshots"))


def accept(config: pytest.Config, file: Path, text: str | None) -> None:
    """Write a snapshot, or remove it, and note what changes by that."""
    old = file.read_text() if file.is_file() else None
    if text == old:
        return
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    name = file.relative_to(PROJECT).as_posix() if file.is_relative_to(PROJECT) else str(file)
    config.stash.setdefault(_LINES, []).append(f"{name}: {difference(old, text)}")


def difference(old: str | None, new: str | None) -> str:
    """What of a unit is added (+), changed (~) and removed (-), by its address."""
    if old is None:
        return "is new"
    if new is None:
        return "is removed, with its unit"
    before, after = _parts(json.loads(old)), _parts(json.loads(new))
    found = [
        f"{'+' if name not in before else '-' if name not in after else '~'} {name}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more or "is written in another way"


def report(config: pytest.Config) -> Iterator[str]:
    """What changed, and the next command."""
    if not is_asked_for(config):
        return
    yield from config.stash.get(_LINES, ["No snapshot has changed."])
    if lines := config.stash.get(_LINES, []):
        changed = [name for name in loader.names() if any(f"/{name}/" in line for line in lines)]
        yield f"Next: review it by git diff; make plan ENV={(changed or loader.names())[0]} ARGS=--offline"


def _parts(document: Json) -> dict[str, object]:
    """Resources and data sources by their address; everything else by the key of its block."""
    parts: dict[str, object] = {}
    for block, content in document.items():
        if block in ("resource", "data"):
            prefix = "data." if block == "data" else ""
            parts |= {f"{prefix}{kind}.{name}": body for kind, named in content.items() for name, body in named.items()}
        elif isinstance(content, dict) and block != "terraform":
            parts |= {f"{block}.{name}": body for name, body in content.items()}
        else:
            parts[block] = content
    return parts
