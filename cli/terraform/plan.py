"""The plan of one unit: what the page, the gate and the costs are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """A unit, its synthesized configuration, and what Terraform plans to change."""

    name: str
    """The unit's id, such as `prod-postgresql`."""
    configuration: Json
    """The unit's `cdk.tf.json`, as synthesized."""
    plan: Json
    """`terraform show -json` of its plan: https://developer.hashicorp.com/terraform/internals/json-format"""
    mocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The outputs that were mocked, by upstream (`network`); empty where all were real."""

    @property
    def environment(self) -> str:
        """The name of the unit's environment, such as `prod`."""
        return str(self.configuration["//"]["environment"])

    @property
    def role(self) -> str:
        """What the unit is called in every environment, such as `postgresql`."""
        return str(self.configuration["//"]["unit"])


def any_unknown(unknown: object) -> bool:
    """Whether anything in an `after_unknown` of Terraform, at any depth, is known after apply only."""
    match unknown:
        case dict():
            return any(map(any_unknown, unknown.values()))
        case list():
            return any(map(any_unknown, unknown))
        case _:
            return bool(unknown)
