"""The resources of a plan, as they are and as they will be, and how they refer to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from cli.terraform import plan as terraform
from cli.terraform.plan import Json, Plan


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All managed resources of a unit at one time: before its plan, or after."""

    found: Sequence[terraform.Resource]
    """Those of the plan, before or after it."""
    plan: Plan
    lengths: Mapping[str, int] = field(default_factory=dict)
    """How many elements a list has that was mocked, by reference (`data.terraform_remote_state.a.outputs.b`)."""

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """By address."""
        return {each.address: Resource(each, self) for each in self.found}

    def region(self, resource: Resource) -> str:
        """Where a resource is; empty where the configuration does not tell."""
        provider = self.plan.providers.get(resource.configuration.get("provider_config_key", "aws"), {})
        region = provider.get("expressions", {}).get("region", {})
        for reference in region.get("references", ()):
            return str(self.plan.variables.get(reference.removeprefix("var."), ""))
        return str(region.get("constant_value", ""))


class Resource:
    """A resource at one time. What is not known yet is as absent as what is not set."""

    def __init__(self, resource: terraform.Resource, snapshot: Snapshot) -> None:
        self.address = resource.address
        self.type = resource.type
        self._values = resource.values
        self._snapshot = snapshot

    @property
    def configuration(self) -> Json:
        """What the plan says of its configuration; empty for what the configuration no longer has."""
        return self._snapshot.plan.configured.get(re.sub(r"\[[^]]*]$", "", self.address), {})

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

    def referenced_within(self, name: str, type: str) -> Resource | None:
        """The resource of a type to which anything in a block refers."""
        found = _references(self.configuration.get("expressions", {}).get(name))
        resources = self._snapshot.resources
        return next((resources[each] for each in found if each in resources and resources[each].type == type), None)

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


def _references(expression: object) -> Iterator[str]:
    if isinstance(expression, list):
        for each in expression:
            yield from _references(each)
    elif isinstance(expression, Mapping):
        yield from expression.get("references", ())
        for each in expression.values():
            yield from _references(each) if isinstance(each, (list, Mapping)) else ()
