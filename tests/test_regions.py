"""An environment in any region: a European one, a South American one, and an Asian one that skips a letter."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from cdktf import App

from cli.review.cost import of_environment
from cli.terraform.plan import Plan, UnitPlan
from modules.network.inputs import NetworkInputs
from modules.validation import validate
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.environments import frozen
from tests.plans import plan_environment
from tests.support import Json, read_output

ZONES = {
    "eu-south-2": ("a", "b", "c"),
    "sa-east-1": ("a", "b"),
    "ap-northeast-1": ("a", "c", "d"),
}
_REGION = re.compile(r"\b(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:[a-z]+-)+[0-9]\b")


def environment(region: str) -> Environment:
    prod = frozen("prod")
    made = replace(
        prod,
        region=region,
        network=NetworkInputs(cidr="10.30.0.0/16", zones=tuple(f"{region}{letter}" for letter in ZONES[region])),
        django_service=replace(
            prod.django_service, ecr_repository_url=f"333333333333.dkr.ecr.{region}.amazonaws.com/django-app"
        ),
    )
    validate(made)
    return made


def documents(region: str, output: Path) -> dict[str, Json]:
    app = App(outdir=str(output))
    compose(app, environment(region))
    app.synth()
    return dict(read_output(output))


@pytest.mark.parametrize("region", ZONES)
def test_nothing_of_it_names_another_region(region: str, tmp_path: Path) -> None:
    found = documents(region, tmp_path)
    assert {region} == {
        each
        for document in found.values()
        for each in _REGION.findall(json.dumps({key: value for key, value in document.items() if key != "//"}))
    }
    subnets = found["prod-network"]["resource"]["aws_subnet"].values()
    assert {each["availability_zone"] for each in subnets} == {f"{region}{letter}" for letter in ZONES[region]}


@pytest.mark.slow
@pytest.mark.parametrize("region", ZONES)
def test_the_provider_plans_it_and_what_has_no_price_is_said(
    region: str, tmp_path: Path, mirrors: dict[str, Path]
) -> None:
    found = documents(region, tmp_path / "out")
    (tmp_path / "plan").mkdir()
    planned = plan_environment(found, tmp_path / "plan", mirrors)
    plans = [UnitPlan(name=name, configuration=found[name], plan=Plan(planned[name])) for name in found]
    costs = {cost.unit: cost for cost in of_environment(plans)}
    assert {cost.after for cost in costs.values()} == {0}
    assert f"aws_db_instance.postgresql: no prices of {region}: make prices REGION={region}" in (
        costs["prod-postgresql"].missing
    )
