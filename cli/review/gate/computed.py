"""A plan of what exists, as its first one was: without the values that AWS chose and the provider read back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cli.terraform.plan import Json, Plan, UnitPlan


def without(plan: UnitPlan) -> UnitPlan:
    """The plan without the attributes of existing resources that nobody configured.

    A first plan does not know them, and a later one must not be refused for them: the rules of a security group that
    are resources of their own are its `egress` as well, and an instance has as its own what its launch template says.
    What is empty stays, because a rule may ask whether something is off.
    """
    document = plan.plan.document
    configured: Json = plan.configuration.get("resource", {})
    exists = {change.address for change in plan.plan.changes if change.before and change.after}

    def bare(resource: Json, values: Any) -> Any:
        if values is None or resource["address"] not in exists:
            return values
        arguments = configured.get(resource["type"], {}).get(resource["name"], {})
        return {name: value for name, value in values.items() if name in arguments or not value}

    found = dict(document)
    if "resource_changes" in document:
        found["resource_changes"] = [
            {**each, "change": {**each["change"], "after": bare(each, each["change"].get("after"))}}
            for each in document["resource_changes"]
        ]
    if resources := document.get("planned_values", {}).get("root_module", {}).get("resources"):
        # Where all of a resource is unknown, it has no values.
        bared = [{**each, "values": bare(each, each.get("values"))} for each in resources]
        module = {**document["planned_values"]["root_module"], "resources": bared}
        found["planned_values"] = {**document["planned_values"], "root_module": module}
    return replace(plan, plan=Plan(found))
