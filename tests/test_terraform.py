"""What Terraform and the real AWS provider say of every unit of every environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stacks.config import ENVIRONMENTS
from tests import terraform
from tests.snapshots.test_snapshots import UNITS
from tests.support import Json


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_is_valid_and_plans_from_mocks(
    environment: str, unit: str, documents: dict[str, Json], mirrors: dict[str, Path], tmp_path: Path
) -> None:
    document = documents[f"{environment}-{unit}"]
    runner = terraform.Terraform(tmp_path, mirrors)
    runner.write("cdk.tf.json", document)
    assert runner.validate() == []
    runner.write("cdk.tf.json", terraform.offline(document, tmp_path))
    variables = dict.fromkeys(document.get("variable", {}), "1.0.0")
    summary = runner.plan(**variables)
    planned = sum(len(resources) for resources in document.get("resource", {}).values())
    assert f"Plan: {planned} to add, 0 to change, 0 to destroy." in summary


def test_what_the_provider_does_not_know_is_refused(
    mirrors: dict[str, Path], documents: dict[str, Json], tmp_path: Path
) -> None:
    document = json.loads(json.dumps(documents["prod-postgresql"]))
    next(iter(document["resource"]["aws_db_instance"].values()))["multi_azz"] = True
    runner = terraform.Terraform(tmp_path, mirrors)
    runner.write("cdk.tf.json", document)
    assert any("multi_azz" in found for found in runner.validate())
