"""The JSON of every unit, reviewed like code. `make snapshots` accepts a change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stacks.config import loader
from stacks.unit_names import ALL_UNITS
from tests.snapshots import accepted
from tests.support import Json

pytestmark = pytest.mark.own

HERE = Path(__file__).parent


@pytest.mark.parametrize("environment", loader.names())
@pytest.mark.parametrize("unit", ALL_UNITS)
def test_the_json_is_what_was_reviewed(
    environment: str, unit: str, own_documents: dict[str, Json], request: pytest.FixtureRequest
) -> None:
    snapshot = HERE / environment / f"{unit}.json"
    if f"{environment}-{unit}" not in own_documents:
        assert not snapshot.exists() or accepted.is_asked_for(request.config), "the unit is gone: run `make snapshots`"
        return
    synthesized = json.dumps(own_documents[f"{environment}-{unit}"], indent=2, sort_keys=True) + "\n"
    if accepted.is_asked_for(request.config):
        accepted.accept(request.config, snapshot, synthesized)
    assert snapshot.is_file(), f"{environment}/{unit}.json is missing: run `make snapshots` and review what it wrote"
    assert synthesized == snapshot.read_text(), "review the difference, then accept it by `make snapshots`"


def test_no_snapshot_outlives_its_unit(own_documents: dict[str, Json], request: pytest.FixtureRequest) -> None:
    kept = {f"{file.parent.name}-{file.stem}": file for file in HERE.glob("*/*.json")}
    if accepted.is_asked_for(request.config):
        for name in {*kept} - {*own_documents}:
            file = kept.pop(name)
            accepted.accept(request.config, file, None)
            if not any(file.parent.iterdir()):
                file.parent.rmdir()
    assert {*kept} == {*own_documents}, "`make snapshots` removes those of units that are gone, and adds new ones"
