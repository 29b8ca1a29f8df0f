"""Whether a plan is the one that somebody has approved, by their pages as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cli.review.page.machine import VERSION
from cli.terraform.plan import Json
from stacks.failure import Failure


def read(file: Path, environment: str) -> Json:
    """The approved page of an environment, as `plan --save` writes it. Raises Failure."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        version, title, is_offline = document["version"], document["title"], document["offline"]
        units: list[Json] = document["units"]
        complete = all("changes" in unit and "outputs" in unit for unit in units)
    except OSError as error:
        raise Failure(f"{file}: cannot be read: {error.strerror}: write it by `plan --save`") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{file}: is not the page of a plan: write it by `plan --save`") from error
    if version != VERSION or not complete:
        raise Failure(f"{file}: was written by another version of this program: plan again")
    if title != environment or is_offline:
        what = f"is {'an offline plan' if is_offline else 'the plan'} of {title}"
        raise Failure(f"{file}: {what}: approve a plan of {environment} with its states")
    found: Json = document
    return found


def differences(approved: Json, now: Json) -> Iterator[str]:
    """What the plan of now has otherwise than the approved one, a line for each resource or output."""
    old, new = _entries(approved), _entries(now)
    for key in {**old, **new}:
        (unit, address), before, after = key, old.get(key), new.get(key)
        if before == after:
            continue
        if before is None or after is None or before.get("action") != after.get("action"):
            yield f"{unit}: {address}: {_action(before)} was approved, and now it is {_action(after)}"
        else:
            values = ": ".join(filter(None, ("with other values", ", ".join(_paths(before, after)))))
            yield f"{unit}: {address}: {_action(after)} as approved, but {values}"


def _entries(page: Json) -> dict[tuple[str, str], Json]:
    entries: dict[tuple[str, str], Json] = {}
    for unit in page["units"]:
        for change in unit["changes"]:
            entries[unit["name"], change["address"]] = change
        for output in unit["outputs"]:
            entries[unit["name"], f"output {output['path']}"] = output
    return entries


def _action(change: Json | None) -> str:
    return "no change" if change is None else str(change.get("action", "change"))


def _paths(before: Json, after: Json) -> Iterator[str]:
    """The attributes of a resource that differ; none for an output."""
    old, new = ({each["path"]: each for each in change.get("attributes", ())} for change in (before, after))
    return (path for path in {**old, **new} if old.get(path) != new.get(path))
