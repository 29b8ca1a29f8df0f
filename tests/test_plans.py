"""The plans that tests share are those that Terraform makes of each unit alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plans import Plans, plan
from tests.support import Json


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["prod-django-service", "prod-certificate"])
def test_a_unit_that_is_planned_with_its_neighbours_is_planned_as_it_is_alone(
    unit: str, documents: dict[str, Json], plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    alone = _comparable(plan(documents[unit], tmp_path, mirrors), unit)
    assert _comparable(plans[unit].plan.document, unit) == alone
    assert len(alone["resource_changes"]) > 1


def _comparable(plan: Json, unit: str) -> Json:
    """Without what is of the time and the place, and in one order."""
    made: Json = json.loads(json.dumps(plan).replace(f"{unit}/", ""))
    for key in ("timestamp", "checks"):
        made.pop(key, None)
    made.setdefault("variables", {})
    made["relevant_attributes"].sort(key=str)
    made["resource_changes"].sort(key=lambda change: str(change["address"]))
    return made
