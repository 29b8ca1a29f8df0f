"""Writes entries into stacks/imports.py, and leaves all else of it as it is."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path

from cli.failure import Failure
from cli.files import put, read
from stacks.imports import FILE, Entries, Imports


def merged(imports: Imports, environment: str, found: Entries) -> Imports:
    """The entries with those that were found. What somebody has written before stays as it is."""
    old = imports.get(environment, {})
    units = {unit: {**found.get(unit, {}), **old.get(unit, {})} for unit in dict.fromkeys((*old, *found))}
    return {**imports, environment: {unit: ids for unit, ids in units.items() if ids}}


def source(imports: Imports) -> str:
    """The assignment, as `ruff format` leaves it."""
    return f"IMPORTS: Imports = {_literal(imports, '')}"


def write(imports: Imports, file: Path) -> None:
    """Replace the assignment in the file. Raises Failure where there is none."""
    text = read(file)
    found = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "IMPORTS"
    ]
    if len(found) != 1 or found[0].end_lineno is None:
        raise Failure(f"{FILE}: there is no `IMPORTS: Imports = ...`: write it, or paste the entries yourself")
    lines = text.splitlines(keepends=True)
    lines[found[0].lineno - 1 : found[0].end_lineno] = [source(imports) + "\n"]
    put(file.parent, {file.name: "".join(lines)})


def _literal(value: Mapping[str, object] | object, indent: str) -> str:
    if not isinstance(value, Mapping):
        return _text(str(value))
    if not value:
        return "{}"
    inner = f"{indent}    "
    entries = (f"{inner}{_text(key)}: {_literal(each, inner)},\n" for key, each in value.items())
    return "{\n" + "".join(entries) + f"{indent}}}"


def _text(text: str) -> str:
    """As the formatter writes it, which takes other quotes where these are within."""
    return f"'{text}'" if '"' in text and "'" not in text else json.dumps(text, ensure_ascii=False)
