"""A plan of what exists, as its first one was: without the values that AWS chose and the provider read back."""

from __future__ import annotations

from dataclasses import replace

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

    def bare(resource: Json, holder: Json, key: str) -> Json:
        if resource["address"] not in exists:
            return holder
        arguments = configured.get(resource["type"], {}).get(resource["name"], {})
        return {**holder, key: {name: value for name, value in holder[key].items() if name in arguments or not value}}

    found = dict(document)
    if "resource_changes" in document:
        found["resource_changes"] = [
            {**each, "change": bare(each, each["change"], "after")} for each in document["resource_changes"]
        ]
    if resources := document.get("planned_values", {}).get("root_module", {}).get("resources"):
        module = {
            **document["planned_values"]["root_module"],
            "resources": [bare(each, each, "values") for each in resources],
        }
        found["planned_values"] = {**document["planned_values"], "root_module": module}
    return replace(plan, plan=Plan(found))
