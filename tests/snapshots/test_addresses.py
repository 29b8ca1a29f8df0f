"""No address vanishes unnoticed: what Terraform finds under another name, it deletes and makes anew.

A ledger holds every address that a unit ever had. `make snapshots` adds to it, and never takes away. There are two:
`addresses.json` is of stacks/config, where an environment with examples left was never deployed and has none yet; and
tests/environments/addresses.json, which keeps a change of this program from renaming what others have deployed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from modules.validation import examples
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.moved import MOVED, REMOVED, Moves
from tests.environments import DIRECTORY, ENVIRONMENTS, frozen
from tests.snapshots import accepted
from tests.support import Json, addresses

LEDGER = Path(__file__).parent / "addresses.json"
OF_THE_PROGRAM = DIRECTORY / "addresses.json"

Ledger = dict[str, list[str]]


def vanished(ledger: Ledger, documents: Mapping[str, Json], moved: Moves, removed: Moves) -> list[str]:
    """The addresses of the ledger that no unit has and no entry explains, each with what to write.

    Nothing vanishes with an environment as a whole: what is deployed of it stays where it is.
    """
    names = {document["//"]["environment"] for document in documents.values()}
    return [
        f'{unit}: {address} vanished: write "{address}": "<its new address>" into MOVED of stacks/moved.py, or into '
        f'REMOVED["{unit}"] why it is gone'
        for unit, known in ledger.items()
        if any(unit.startswith(f"{name}-") for name in names)
        for address in known
        if address not in addresses(documents.get(unit, {}))
        and not _moved(address, moved.get(_role(unit, documents), {}), addresses(documents.get(unit, {})))
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


def _role(unit: str, documents: Mapping[str, Json]) -> str:
    """The unit's name without its environment."""
    return str(documents[unit]["//"]["unit"]) if unit in documents else ""


def grown(ledger: Ledger, documents: Mapping[str, Json]) -> Ledger:
    """The ledger with what is new."""
    units = sorted({*ledger, *documents})
    return {unit: sorted({*ledger.get(unit, ()), *addresses(documents.get(unit, {}))}) for unit in units}


def deployable(documents: Mapping[str, Json], environments: Iterable[Environment]) -> dict[str, Json]:
    """The units of those environments that have no examples left."""
    names = {environment.name for environment in environments if not list(examples(environment))}
    return {unit: document for unit, document in documents.items() if document["//"]["environment"] in names}


def read(file: Path) -> Ledger:
    ledger: Ledger = json.loads(file.read_text()) if file.exists() else {}
    return ledger


def _check(file: Path, documents: Mapping[str, Json], config: pytest.Config) -> None:
    if accepted.is_asked_for(config):
        accepted.accept(config, file, json.dumps(grown(read(file), documents), indent=2) + "\n")
    assert vanished(read(file), documents, MOVED, REMOVED) == []
    assert read(file) == grown(read(file), documents), "accept the new addresses by `make snapshots`"


@pytest.mark.own
def test_no_address_vanishes_without_an_entry(own_documents: dict[str, Json], request: pytest.FixtureRequest) -> None:
    units = deployable(own_documents, loader.load().values())
    _check(LEDGER, units, request.config)


def test_this_program_renames_nothing_without_an_entry(
    documents: dict[str, Json], request: pytest.FixtureRequest
) -> None:
    _check(OF_THE_PROGRAM, documents, request.config)


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


def test_an_environment_that_is_gone_as_a_whole_takes_nothing_with_it(documents: dict[str, Json]) -> None:
    ledger = grown({}, documents)
    rest = {unit: document for unit, document in documents.items() if document["//"]["environment"] != "prod"}
    assert vanished(ledger, rest, {}, {}) == []
    assert grown(ledger, rest) == ledger


def test_of_an_environment_that_was_never_deployed_nothing_is_recorded(documents: dict[str, Json]) -> None:
    left = deployable(documents, map(frozen, ENVIRONMENTS))
    assert {document["//"]["environment"] for document in left.values()} == {"eu-prod"}, "the others have examples"


@pytest.mark.own
def test_what_was_removed_for_good_has_a_reason_and_stays_away(
    documents: dict[str, Json], own_documents: dict[str, Json]
) -> None:
    known = _known(OF_THE_PROGRAM, documents), _known(LEDGER, own_documents)
    assert [*_wrong(REMOVED, *known)] == []


Known = list[tuple[str, str, bool]]
"""Units, addresses that they ever had, and whether they still have them."""


def _known(ledger: Path, documents: Mapping[str, Json]) -> Known:
    return [
        (unit, address, address in addresses(documents.get(unit, {})))
        for unit, ever in read(ledger).items()
        for address in ever
    ]


def _wrong(removed: Moves, of_the_program: Known, own: Known) -> Iterator[str]:
    for units, gone in removed.items():
        # What this program says of all environments is judged by its own: a user's may still ask for it by data.
        judged = of_the_program if units.startswith("*-") else [*of_the_program, *own]
        for pattern, reason in gone.items():
            matched = [each for each in judged if fnmatchcase(each[0], units) and fnmatchcase(each[1], pattern)]
            if not matched:
                yield f'REMOVED["{units}"]["{pattern}"] matches nothing: take it away'
            if any(is_there for _, _, is_there in matched):
                yield f'REMOVED["{units}"]["{pattern}"] matches what is there: name less'
            if len(reason) <= 10:
                yield f'REMOVED["{units}"]["{pattern}"] gives no reason'


def test_what_the_program_has_removed_a_user_may_ask_for_by_data() -> None:
    removed = {"*-django-service": {"aws_appautoscaling_policy.memory": "web does not scale on memory by default"}}
    gone = ("dev-django-service", "aws_appautoscaling_policy.memory", False)
    theirs = ("prod-django-service", "aws_appautoscaling_policy.memory", True)
    assert [*_wrong(removed, [gone], [theirs])] == []
    assert [*_wrong(removed, [theirs], [])] == [
        'REMOVED["*-django-service"]["aws_appautoscaling_policy.memory"] matches what is there: name less'
    ]
    entry = {"prod-django-service": removed["*-django-service"]}
    assert [*_wrong(entry, [], [theirs])] != []
