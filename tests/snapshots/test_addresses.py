"""No address vanishes unnoticed: what Terraform finds under another name, it deletes and makes anew.

`addresses.json` is a ledger of every address that a unit ever had. `make snapshots` adds to it, and never takes away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from stacks.moved import MOVED, REMOVED, Moves
from tests.support import Json, addresses

LEDGER = Path(__file__).parent / "addresses.json"

Ledger = dict[str, list[str]]


def vanished(ledger: Ledger, documents: Mapping[str, Json], moved: Moves, removed: Moves) -> list[str]:
    """The addresses of the ledger that no unit has and no entry explains, each with what to write."""
    return [
        f'{unit}: {address} vanished: write "{address}": "<its new address>" into MOVED of stacks/moved.py, or into '
        f'REMOVED["{unit}"] why it is gone'
        for unit, known in ledger.items()
        for address in known
        if address not in addresses(documents.get(unit, {}))
        and not _moved(address, moved.get(_name(unit, documents), {}), addresses(documents.get(unit, {})))
        and not any(fnmatchcase(unit, units) and _any(address, gone) for units, gone in removed.items())
    ]


def _moved(address: str, moves: Mapping[str, str], present: set[str]) -> bool:
    seen = set()
    while address in moves and address not in seen:
        seen.add(address)
        address = moves[address]
    return address in present


def _any(address: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(address, pattern) for pattern in patterns)


def _name(unit: str, documents: Mapping[str, Json]) -> str:
    """The unit's name without its environment: the directory of its state."""
    for backend in documents.get(unit, {}).get("terraform", {}).get("backend", {}).values():
        return str(backend.get("key") or backend.get("path")).split("/")[-2]
    return ""


def grown(ledger: Ledger, documents: Mapping[str, Json]) -> Ledger:
    """The ledger with what is new."""
    units = sorted({*ledger, *documents})
    return {unit: sorted({*ledger.get(unit, ()), *addresses(documents.get(unit, {}))}) for unit in units}


def test_no_address_vanishes_without_an_entry(documents: dict[str, Json], request: pytest.FixtureRequest) -> None:
    ledger: Ledger = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    if request.config.getoption("--accept-snapshots"):
        LEDGER.write_text(json.dumps(grown(ledger, documents), indent=2) + "\n")
    assert vanished(ledger, documents, MOVED, REMOVED) == []
    assert json.loads(LEDGER.read_text()) == grown(ledger, documents), "accept the new addresses by `make snapshots`"


UNIT = "prod-postgresql"
OLD, NEW = "aws_db_instance.postgresql", "aws_db_instance.database"


@pytest.fixture
def renamed(documents: dict[str, Json]) -> dict[str, Json]:
    """All units after a construct was renamed."""
    changed: Json = json.loads(json.dumps(documents[UNIT]))
    changed["resource"]["aws_db_instance"] = {"database": changed["resource"]["aws_db_instance"]["postgresql"]}
    return {**documents, UNIT: changed}


def test_a_renamed_construct_is_refused_although_its_snapshot_was_accepted(
    documents: dict[str, Json], renamed: dict[str, Json]
) -> None:
    ledger = grown(grown({}, documents), renamed)
    assert NEW in ledger[UNIT]
    (line,) = vanished(ledger, renamed, {}, {})
    assert line.startswith(f"{UNIT}: {OLD} vanished: write ")


def test_an_entry_explains_what_vanished(documents: dict[str, Json], renamed: dict[str, Json]) -> None:
    ledger = grown({}, documents)
    assert vanished(ledger, renamed, {"postgresql": {OLD: NEW}}, {}) == []
    assert vanished(ledger, renamed, {"postgresql": {OLD: "aws_db_instance.b", "aws_db_instance.b": NEW}}, {}) == []
    assert vanished(ledger, renamed, {}, {"prod-*": {"aws_db_*.postgresql": "we write to files now"}}) == []


def test_an_entry_of_another_unit_or_to_nowhere_explains_nothing(
    documents: dict[str, Json], renamed: dict[str, Json]
) -> None:
    ledger = grown({}, documents)
    assert vanished(ledger, renamed, {"redis": {OLD: NEW}}, {})
    assert vanished(ledger, renamed, {"postgresql": {OLD: "aws_db_instance.nowhere"}}, {})
    assert vanished(ledger, renamed, {}, {"dev-*": {"*": "we write to files now"}})


def test_a_unit_that_vanishes_takes_its_addresses_with_it(documents: dict[str, Json]) -> None:
    ledger = grown({}, documents)
    rest = {unit: document for unit, document in documents.items() if unit != UNIT}
    assert len(vanished(ledger, rest, {}, {})) == len(addresses(documents[UNIT])) > 0
    assert vanished(ledger, rest, {}, {UNIT: {"*": "another team looks after it now"}}) == []
    assert grown(ledger, rest) == ledger


def test_what_was_removed_for_good_has_a_reason_and_stays_away(documents: dict[str, Json]) -> None:
    ledger: Ledger = json.loads(LEDGER.read_text())
    for units, gone in REMOVED.items():
        for pattern, reason in gone.items():
            known = {(unit, each) for unit in ledger if fnmatchcase(unit, units) for each in ledger[unit]}
            matched = {(unit, each) for unit, each in known if fnmatchcase(each, pattern)}
            back = {f"{unit}: {each}" for unit, each in matched if each in addresses(documents.get(unit, {}))}
            assert matched, f'REMOVED["{units}"]["{pattern}"] matches nothing: take it away'
            assert not back, f'REMOVED["{units}"]["{pattern}"] matches what is there: name less'
            assert len(reason) > 10, f'REMOVED["{units}"]["{pattern}"] gives no reason'
