"""What exists already: the id of each resource that Terraform takes over instead of making another one.

`make adopt-resources ENV=prod` proposes the entries, and docs/adopt.md goes through it. An entry whose resource is in
the state has no effect, so it may stay; remove it once its environment was deployed.
https://developer.hashicorp.com/terraform/language/import
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from modules.validation import show
from stacks.unit_names import ALL_UNITS, BOOTSTRAP

FILE = "stacks/imports.py"

Entries = Mapping[str, Mapping[str, str]]
"""The ids of one environment, by unit and address."""
Imports = Mapping[str, Entries]

IMPORTS: Imports = {}
"""By environment, unit and address: `{"prod": {"postgresql": {"aws_db_instance.postgresql": "legacy-db"}}}`. The last
section of each resource's page in the registry says what its id is made of."""

_ADDRESS = re.compile(r"([a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*)(?:\[\"([^\"\\]+)\"\])?")
# Terraform reads what it finds in JSON as a template.
_ID = re.compile(r"(?!.*[$%]\{)[^\s\"\\](?:[^\"\\\n\r\t]*[^\s\"\\])?")


def apply(environment: str, units: Mapping[str, str], entries: Entries, directory: Path) -> Iterator[str]:
    """Write the `import` blocks of an environment into the JSON of its units below `directory`.

    `units` are the ids of the units by their names. Yields each problem as one line; an entry with one is not written.
    """
    yield from _same_ids(environment, entries)
    for unit, ids in entries.items():
        if unit not in units:
            if unit not in (*ALL_UNITS, BOOTSTRAP):
                what, remedy = "there is no such unit", f"name one of {', '.join((*ALL_UNITS, BOOTSTRAP))}"
                yield f"{_where(environment, unit)}: {what}: {remedy}"
            elif BOOTSTRAP not in (unit, *units):  # which is in a tree of its own
                yield f"{_where(environment, unit)}: {environment} has no {unit}: remove it, or add what it is made for"
            continue
        file = directory / "stacks" / units[unit] / "cdk.tf.json"
        document: dict[str, Any] = json.loads(file.read_bytes())
        resources = {
            f"{kind}.{name}": values
            for kind, named in document.get("resource", {}).items()
            for name, values in named.items()
        }
        right = {}
        for address, resource_id in ids.items():
            if problem := _problem(address, resource_id, resources):
                yield f"{_where(environment, unit, address)}: {problem}"
            else:
                right[address] = resource_id
        if right:
            document["import"] = [{"to": address, "id": resource_id} for address, resource_id in right.items()]
            file.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")


def unknown(imports: Imports, environments: Collection[str]) -> Iterator[str]:
    """Entries of environments that do not exist, a line each."""
    for name in imports:
        if name not in environments:
            what, remedy = "there is no environment of this name", f"use one of {', '.join(environments)}"
            yield f"{_where(name)}: {what}: {remedy}, or remove it"


def _problem(address: str, resource_id: str, resources: Mapping[str, Mapping[str, Any]]) -> str:
    found = _ADDRESS.fullmatch(address)
    if not found:
        return f"{show(address)} is not the address of one resource: write it as aws_vpc.network"
    base, key = found.groups()
    if base not in resources:
        same = [each for each in resources if each.partition(".")[0] == base.partition(".")[0]]
        close = difflib.get_close_matches(base, same or [*resources], n=3, cutoff=0.3) or same[:3]
        remedy = f"use {' or '.join(close)}, or remove it" if close else "remove it"
        return f"is not an address of the unit: {remedy}"
    each = resources[base].get("for_each")
    if (each is None) != (key is None):
        return f"has no key: write it as {base}" if key else f'is several resources: write it as {base}["<key>"]'
    # Where it is no dict, Terraform works the keys out.
    if isinstance(each, dict) and key not in each:
        return f"there is no {show(key)}: use one of {', '.join(map(show, each))}, or remove it"
    if not _ID.fullmatch(resource_id):
        what = "the id is empty" if not resource_id.strip() else f"{show(resource_id)} is not an id"
        return f"{what}: give the one that the registry names for {address.partition('.')[0]}"
    return ""


def _same_ids(environment: str, entries: Entries) -> Iterator[str]:
    """Entries of one type with the same id, which Terraform would manage twice."""
    owners: dict[tuple[str, str], str] = {}
    for unit, ids in entries.items():
        for address, resource_id in ids.items():
            here = f'["{unit}"]["{address}"]'
            owner = owners.setdefault((address.partition(".")[0], resource_id), here)
            if owner != here and resource_id.strip():
                what = f"{show(resource_id)} is that of {owner} too"
                yield f"{_where(environment, unit, address)}: {what}: keep one of them"


def _where(*keys: str) -> str:
    return f"{FILE}: IMPORTS" + "".join(f'["{key}"]' for key in keys)
