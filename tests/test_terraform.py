"""What Terraform and the real AWS provider say of every unit of every environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.terraform.plan import UnitPlan
from stacks.unit_names import UNITS
from tests import terraform
from tests.environments import ENVIRONMENTS
from tests.plans import Plans
from tests.support import Json


def test_every_unit_is_valid(documents: dict[str, Json], mirrors: dict[str, Path], tmp_path: Path) -> None:
    assert terraform.validate_together(documents, tmp_path, mirrors) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_plans_from_mocks(environment: str, unit: str, plans: Plans) -> None:
    planned_as_configured(plans[f"{environment}-{unit}"])


def planned_as_configured(unit: UnitPlan) -> None:
    """Assert that each resource is planned, and would be created."""
    changes = unit.plan.changes
    assert {change.actions for change in changes} <= {("create",)}
    resources = [each for of_type in unit.configuration.get("resource", {}).values() for each in of_type.values()]
    # Those of a map are known; an expression is that of a certificate, which has one name here.
    of_maps = [each["for_each"] for each in resources if isinstance(each.get("for_each"), dict)]
    assert len(changes) == len(resources) - len(of_maps) + sum(map(len, of_maps))


def test_what_the_provider_does_not_know_is_refused(
    mirrors: dict[str, Path], documents: dict[str, Json], tmp_path: Path
) -> None:
    document = json.loads(json.dumps(documents["prod-postgresql"]))
    next(iter(document["resource"]["aws_db_instance"].values()))["multi_azz"] = True
    runner = terraform.Terraform(tmp_path, mirrors)
    runner.write("cdk.tf.json", document)
    assert any("multi_azz" in found for found in runner.validate())
