"""A plan of what exists, as its first one was: without the values that AWS chose and the provider read back."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from cli.terraform.plan import Json, UnitPlan


def without(plan: UnitPlan) -> UnitPlan:
    """The plan without the attributes of existing resources that nobody configured.

    A first plan does not know them, and a later one must not be refused for them: the rules of a security group that
    are resources of their own are its `egress` as well, and an instance has as its own what its launch template says.
    What is empty stays, because a rule may ask whether something is off.
    """
    found = deepcopy(plan.plan)
    exists = set()
    for change in found.get("resource_changes", ()):
        inner = change["change"]
        if inner.get("before") and inner.get("after"):
            exists.add(change["address"])
            inner["after"] = _configured(inner["after"], change, plan.configuration)
    module = found.get("planned_values", {}).get("root_module", {})
    for resource in module.get("resources", ()):
        if resource["address"] in exists:
            resource["values"] = _configured(resource["values"], resource, plan.configuration)
    return replace(plan, plan=found)


def _configured(values: Json, resource: Json, configuration: Json) -> Json:
    arguments = configuration.get("resource", {}).get(resource["type"], {}).get(resource["name"], {})
    return {name: value for name, value in values.items() if name in arguments or not value}
