"""The resources of a plan, as they are and as they will be, and how they refer to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from cli.terraform.plan import Json, UnitPlan


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All managed resources of a unit at one time: before its plan, or after."""

    values: Json
    """`planned_values` or `prior_state.values`: https://developer.hashicorp.com/terraform/internals/json-format"""
    plan: UnitPlan
    lengths: Mapping[str, int] = field(default_factory=dict)
    """How many elements a list has that was mocked, by reference (`data.terraform_remote_state.a.outputs.b`)."""

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """By address."""
        found = (Resource(raw, self) for raw in _resources(self.values.get("root_module", {})))
        return {resource.address: resource for resource in found}

    @cached_property
    def configured(self) -> dict[str, Json]:
        """What the plan says of the configuration of each resource, by its address without an index."""
        root = self.plan.plan.get("configuration", {}).get("root_module", {})
        return {raw["address"]: raw for raw in root.get("resources", ())}

    def region(self, resource: Resource) -> str:
        """Where a resource is; empty where the configuration does not tell."""
        providers = self.plan.plan.get("configuration", {}).get("provider_config", {})
        provider = providers.get(resource.configuration.get("provider_config_key", "aws"), {})
        region = provider.get("expressions", {}).get("region", {})
        for reference in region.get("references", ()):
            variable = self.plan.plan.get("variables", {}).get(reference.removeprefix("var."), {})
            return str(variable.get("value", ""))
        return str(region.get("constant_value", ""))


class Resource:
    """A resource at one time. What is not known yet is as absent as what is not set."""

    def __init__(self, raw: Json, snapshot: Snapshot) -> None:
        self.address: str = raw["address"]
        self.type: str = raw["type"]
        self._values: Json = raw.get("values") or {}
        self._snapshot = snapshot

    @property
    def configuration(self) -> Json:
        """What the plan says of its configuration; empty for what the configuration no longer has."""
        return self._snapshot.configured.get(re.sub(r"\[[^]]*]$", "", self.address), {})

    def get(self, name: str) -> Any:
        """An argument or attribute; None where it is not known."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """The same as text; empty where it is not known."""
        value = self.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> Decimal | None:
        """The same as a number; None where it is none."""
        try:
            return Decimal(self.text(name))
        except InvalidOperation:
            return None

    def block(self, name: str) -> Json:
        """The first block of a name; empty where there is none."""
        blocks = self.get(name)
        return blocks[0] if isinstance(blocks, list) and blocks else {}

    def count(self, name: str) -> int | None:
        """How many elements a list has: also of what is mocked, or known after apply. None where nothing tells."""
        references = self.references(name)
        for reference in references:
            if reference in self._snapshot.lengths:
                return self._snapshot.lengths[reference]
        value = self.get(name)
        if isinstance(value, list):
            return len(value)
        # `[aws_subnet.a.id, aws_subnet.b.id]`: Terraform lists each resource beside its attribute.
        return len({text for text in references if text in self._snapshot.resources}) or None

    def references(self, name: str) -> list[str]:
        """What the configuration of an argument refers to."""
        expression = self.configuration.get("expressions", {}).get(name, {})
        return list(expression.get("references", ())) if isinstance(expression, dict) else []

    def referenced(self, name: str, type: str) -> Resource | None:
        """The resource of a type that an argument refers to, by its expression or else by its value."""
        resources = self._snapshot.resources
        for reference in self.references(name):
            if reference in resources and resources[reference].type == type:
                return resources[reference]
        return next((other for other in self.others(type) if self.text(name) in other.names - {""}), None)

    @property
    def names(self) -> set[str]:
        """What others may call it by, where it is known."""
        return {self.text("arn"), self.text("id"), self.text("name"), self.text("identifier")}

    def others(self, type: str) -> Iterator[Resource]:
        """The resources of a type in this unit."""
        return (resource for resource in self._snapshot.resources.values() if resource.type == type)


def _resources(module: Json) -> Iterator[Json]:
    yield from (raw for raw in module.get("resources", ()) if raw["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from _resources(child)
