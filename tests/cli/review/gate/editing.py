"""Single changes of a unit, made alike in its configuration and in its plan, as if it had been planned with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from cli.terraform.plan import Json, Plan, UnitPlan


@dataclass(frozen=True, slots=True)
class Edit:
    """A single change."""

    address: str
    """Of what is changed, such as `aws_vpc.network` or `output.url`."""
    apply: Callable[[UnitPlan], None]
    """Changes the configuration and the plan that it is given."""


def edited(plan: UnitPlan, edit: Edit) -> UnitPlan:
    """A copy of a unit with one change."""
    # Of the document alone: what was read of a plan does not change with it.
    copy = deepcopy(replace(plan, plan=Plan(plan.plan.document)))
    edit.apply(copy)
    planned = copy.plan.document["planned_values"]["root_module"]
    planned["resources"] = [
        {**{key: change[key] for key in ("address", "mode", "type", "name", "provider_name")}, "schema_version": 0,
         "values": change["change"]["after"]}
        for change in copy.plan.document["resource_changes"]
        if change["mode"] == "managed" and change["change"]["after"] is not None
    ]  # fmt: skip
    return copy


def put(address: str, path: str, value: Any) -> Edit:
    """An argument of a resource, such as `metadata_options.http_tokens`; None takes it away."""

    def edit(unit: UnitPlan) -> None:
        _put(_configured(unit, address), path, value)
        change = _change(unit, address)
        known = not _has_token(value)
        _put(change["after"], path, deepcopy(value) if known else None)
        _put(change["after_unknown"], path, None if known else True)

    return Edit(address, edit)


def put_json(address: str, argument: str, change: Callable[[Any], Any]) -> Edit:
    """The JSON in an argument, such as a policy: `change` alters it, or returns another."""

    def edit(unit: UnitPlan) -> None:
        document = json.loads(_configured(unit, address)[argument])
        document = change(document) or document
        put(address, argument, json.dumps(document)).apply(unit)

    return Edit(address, edit)


def drop(address: str) -> Edit:
    """Take a resource away."""

    def edit(unit: UnitPlan) -> None:
        kind, name = address.split(".")
        resources = unit.configuration["resource"]
        del resources[kind][name]
        if not resources[kind]:  # Terraform takes no type without a resource
            del resources[kind]
        for other in (each for named in resources.values() for each in named.values()):
            other["depends_on"] = [each for each in other.get("depends_on", ()) if each != address]
        unit.plan.document["resource_changes"] = [
            change for change in unit.plan.document["resource_changes"] if change["address"] != address
        ]

    return Edit(address, edit)


def add(address: str, **arguments: Any) -> Edit:
    """Add a resource."""

    def edit(unit: UnitPlan) -> None:
        kind, name = address.split(".")
        unit.configuration["resource"].setdefault(kind, {})[name] = deepcopy(arguments)
        after = {key: deepcopy(value) for key, value in arguments.items() if not _has_token(value)}
        unknown = {key: True for key in (*arguments, "id", "arn") if key not in after}
        provider = next(change["provider_name"] for change in unit.plan.document["resource_changes"])
        unit.plan.document["resource_changes"].append(
            {
                "address": address,
                "mode": "managed",
                "type": kind,
                "name": name,
                "provider_name": provider,
                "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown},
            }
        )

    return Edit(address, edit)


def configure(path: str, value: Any) -> Edit:
    """What is no resource: `output.url.value` or `terraform.backend.s3.encrypt`; None takes it away."""
    address = ".".join(path.split(".")[: 3 if path.startswith("ephemeral") else 2])
    return Edit(address, lambda unit: _put(unit.configuration, path, value))


def both(first: Edit, second: Edit) -> Edit:
    """Two edits that Terraform takes only together; the first is the one that matters."""

    def edit(unit: UnitPlan) -> None:
        first.apply(unit)
        second.apply(unit)

    return Edit(first.address, edit)


def variable(name: str, value: str) -> Edit:
    """The value that a variable is given at plan."""

    def edit(unit: UnitPlan) -> None:
        unit.plan.document["variables"][name]["value"] = value

    return Edit(f"var.{name}", edit)


def _configured(unit: UnitPlan, address: str) -> Json:
    kind, name = address.split(".")
    resource: Json = unit.configuration["resource"][kind][name]
    return resource


def _change(unit: UnitPlan, address: str) -> Json:
    (change,) = (each["change"] for each in unit.plan.document["resource_changes"] if each["address"] == address)
    found: Json = change
    return found


def _put(holder: Any, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        holder = _child(holder, part)
    holder = holder[0] if isinstance(holder, list) else holder
    if value is None:
        holder.pop(last, None)
    else:
        holder[last] = deepcopy(value)


def _child(holder: Any, part: str) -> Any:
    holder = holder[0] if isinstance(holder, list) else holder
    if not isinstance(holder.get(part), (dict, list)) or not holder[part]:
        holder[part] = {}
    return holder[part]


def _has_token(value: Any) -> bool:
    return "${" in json.dumps(value)
