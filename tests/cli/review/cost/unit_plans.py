"""Small plans, as Terraform shows them: what tests price where a real plan would take seconds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal

from cli.review.cost import UnitCost
from cli.review.cost.price_list import PriceList
from cli.terraform.plan import Plan, UnitPlan
from tests.support import Json

HOURS = 730

_PRICES = PriceList.of("us-east-1")
assert _PRICES is not None
_BY_KEY = _PRICES.prices


def price(group: str, name: str) -> Decimal:
    """A price of the data file."""
    return _BY_KEY[group, name]


def resource(address: str, **values: object) -> Json:
    kind, name = address.split(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": values}


def unit_plan(
    *after: Json, before: tuple[Json, ...] = (), references: Json | None = None, region: str | None = "us-east-1"
) -> UnitPlan:
    """A plan to these resources. `references` is address to argument to what it refers to."""
    configured = [
        {
            "address": each["address"],
            "provider_config_key": "aws",
            "expressions": {
                name: {"references": found} for name, found in (references or {}).get(each["address"], {}).items()
            },
        }
        for each in after
    ]
    provider = {"expressions": {"region": {"constant_value": region}}} if region else {}
    return UnitPlan(
        name="test-unit",
        configuration={},
        plan=Plan(
            {
                "planned_values": {"root_module": {"resources": list(after)}},
                "prior_state": {"values": {"root_module": {"resources": list(before)}}},
                "configuration": {"provider_config": {"aws": provider}, "root_module": {"resources": configured}},
            }
        ),
    )


def changed(plan: UnitPlan, change: Callable[[dict[str, Json]], None]) -> UnitPlan:
    """A copy of a plan, whose planned resources `change` gets by address, each as its values."""
    document = copy.deepcopy(plan.plan.document)
    resources = document["planned_values"]["root_module"]["resources"]
    change({each["address"]: each.setdefault("values", {}) for each in resources})
    return UnitPlan(name=plan.name, configuration=plan.configuration, plan=Plan(document), mocked=plan.mocked)


def without(plan: UnitPlan, type: str) -> UnitPlan:
    """A copy of a plan without the planned resources of a type."""
    document = copy.deepcopy(plan.plan.document)
    module = document["planned_values"]["root_module"]
    module["resources"] = [each for each in module["resources"] if each["type"] != type]
    return UnitPlan(name=plan.name, configuration=plan.configuration, plan=Plan(document), mocked=plan.mocked)


def after(cost: UnitCost, address: str, item: str | None = None) -> Decimal:
    """What a resource will cost, or an item of it. It must be there."""
    found = [line for line in cost.lines if line.address == address and item in (None, line.item)]
    assert found, f"nothing is paid for {address} {item or ''}"
    return sum((line.after for line in found), Decimal(0))
