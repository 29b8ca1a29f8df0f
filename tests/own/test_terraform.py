"""What Terraform and the real AWS provider say of every unit of every environment of stacks/config."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import loader
from stacks.unit_names import REDIS, UNITS
from tests import terraform
from tests.plans import Plans
from tests.support import Json
from tests.test_terraform import planned_as_configured

pytestmark = pytest.mark.own


def test_every_unit_is_valid(own_units: dict[str, Json], mirrors: dict[str, Path], tmp_path: Path) -> None:
    assert not own_units or terraform.validate_together(own_units, tmp_path, mirrors) == []


@pytest.mark.parametrize("environment", loader.names())
@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_plans_from_mocks(environment: str, unit: str, own_plans: Plans) -> None:
    if f"{environment}-{unit}" not in own_plans:
        assert unit == REDIS, "an environment may do without this one only"
        return
    planned_as_configured(own_plans[f"{environment}-{unit}"])
