"""What Terraform objects to, in one line."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cli.terraform import cloudflare_errors

# What Terraform says of an import of nothing, whatever the type.
_NOT_THERE, _IMPORTED = "Cannot import non-existent remote object", re.compile(r'existing object to "(.+?)", the')


def reason(output: str, errors: str) -> str:
    """What Terraform objects to: the diagnostics of `-json`, else what it wrote for people, without the source lines.

    The source lines of a diagnostic quote the configuration and the values in it, so they are never shown.
    https://developer.hashicorp.com/terraform/internals/machine-readable-ui
    """
    errors_found = [diagnostic for diagnostic in _diagnostics(output) if diagnostic.get("severity") == "error"]
    causes, others = cloudflare_errors.causes(errors_found)
    found = [*map(_text, others), *causes]
    return " ".join(("; ".join(dict.fromkeys(found)) or _plain(errors) or _plain(output)).split())


def _diagnostics(output: str) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield from (event[key] for key in ("diagnostic",) if isinstance(event.get(key), dict))
                yield from event.get("diagnostics", ())  # of `validate -json`


def _text(diagnostic: Mapping[str, Any]) -> str:
    if diagnostic["summary"] == _NOT_THERE and (found := _IMPORTED.search(diagnostic.get("detail") or "")):
        return f"{found[1]}: nothing has the id of its entry in stacks/imports.py: correct the entry, or remove it"
    # What follows the first paragraph of a detail is advice, and often about something else.
    detail = (diagnostic.get("detail") or "").strip().split("\n\n")[0]
    parts = (diagnostic.get("address"), diagnostic["summary"], detail)
    return ": ".join(part.strip().rstrip(".") for part in parts if part)


def _plain(text: str) -> str:
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.strip("│╷╵ ") for line in without_colours.splitlines()]
    return " ".join(line for line in lines if line and not re.match(r"on \S+ line \d+|\d+:", line))
