"""What Terraform and the real AWS provider say of every unit of every environment of stacks/config."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import loader
from stacks.unit_names import ALL_UNITS
from tests import terraform
from tests.plans import Plans
from tests.support import Json
from tests.test_terraform import planned_as_configured

pytestmark = pytest.mark.own


def test_every_unit_is_valid(own_units: dict[str, Json], mirrors: dict[str, Path], tmp_path: Path) -> None:
    assert not own_units or terraform.validate_together(own_units, tmp_path, mirrors) == []


@pytest.mark.parametrize("environment", loader.names())
@pytest.mark.parametrize("unit", ALL_UNITS)
def test_every_unit_plans_from_mocks(environment: str, unit: str, own_plans: Plans) -> None:
    (given,) = loader.load([environment]).values()
    assert (f"{environment}-{unit}" in [*own_plans]) == (unit in given.units)
    if unit in given.units:
        planned_as_configured(own_plans[f"{environment}-{unit}"])
