"""A plan, read once: `terraform show -json` of it as the page, the gate, the costs and a deployment ask for it.

https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]
"""Where an attribute stands in the values of a resource, such as `("ingress", 0, "from_port")`."""


class Action(StrEnum):
    """What happens to a resource, the gravest first."""

    DESTROY = "destroy"
    REPLACE = "replace"
    FORGET = "forget"
    CHANGE = "change"
    ADD = "add"
    IMPORT = "import"
    MOVE = "move"


REASONS: Mapping[str, str] = {
    "delete_because_count_index": "its count is lower",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_no_move_target": "what it moved to is not in the configuration",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_wrong_repetition": "its count or for_each was added or removed",
    "replace_because_tainted": "it is tainted: its creation failed halfway",
    "replace_by_request": "-replace asks for it",
    "replace_by_triggers": "replace_triggered_by asks for it",
}
"""Terraform's `action_reason`, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to the value of an output, or to the values of a resource."""

    actions: tuple[str, ...]
    """As Terraform writes them, such as `("delete", "create")`."""
    before: Any = None
    after: Any = None
    """Without what is known after apply only."""
    after_unknown: Any = None
    """Terraform's mask of what is known after apply only: true, or a mask for each part."""
    before_sensitive: Any = None
    """Terraform's mask of what is sensitive."""
    after_sensitive: Any = None
    replace_paths: tuple[Path, ...] = ()
    """The attributes that force a replacement."""

    @property
    def is_unknown(self) -> bool:
        """Whether anything of it is known after apply only."""
        return any_unknown(self.after_unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChange(Change):
    """What happens to one managed resource."""

    address: str
    type: str
    name: str
    deposed: str = ""
    """The key of an object that a replacement has left behind."""
    previous_address: str = ""
    """Where it is in the state, if it moves."""
    reason: str = ""
    """Terraform's `action_reason`; empty where it gives none."""
    imported_id: str = ""
    """By which it is taken over, if it is imported."""

    @property
    def is_imported(self) -> bool:
        """Whether it exists already, and the plan takes it over."""
        return bool(self.imported_id)

    @property
    def action(self) -> Action | None:
        """All of it in one word; None where nothing happens."""
        if "create" in self.actions:
            return Action.REPLACE if len(self.actions) > 1 else Action.ADD
        for name, action in (("delete", Action.DESTROY), ("forget", Action.FORGET), ("update", Action.CHANGE)):
            if name in self.actions:
                return action
        if self.is_imported:
            return Action.IMPORT
        return Action.MOVE if self.previous_address else None

    @property
    def is_destroyed(self) -> bool:
        """Whether what exists is deleted, even if it is created again."""
        return "delete" in self.actions

    @property
    def sensitive(self) -> frozenset[str]:
        """The attributes of which anything is sensitive, before or after."""
        masks = [mask for mask in (self.before_sensitive, self.after_sensitive) if isinstance(mask, Mapping)]
        return frozenset(name for mask in masks for name, marked in mask.items() if marked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A managed resource before the plan, or after it."""

    address: str
    type: str
    values: Json
    """Without what is not known."""


@dataclass(frozen=True)
class Plan:
    """What Terraform plans for one unit. Each part is read when it is first asked for."""

    document: Json
    """`terraform show -json` of the plan. It may hold secrets."""

    @cached_property
    def changes(self) -> tuple[ResourceChange, ...]:
        """Every managed resource of the configuration or the state, also where nothing happens to it."""
        return tuple(_resource_changes(self.document.get("resource_changes", ())))

    @cached_property
    def drift(self) -> tuple[ResourceChange, ...]:
        """What was changed outside of Terraform."""
        return tuple(_resource_changes(self.document.get("resource_drift", ())))

    @cached_property
    def outputs(self) -> Mapping[str, Change]:
        """What happens to each output, also where nothing does."""
        found: Mapping[str, Json] = self.document.get("output_changes", {})
        return {name: Change(**_change(raw)) for name, raw in found.items()}

    @property
    def is_applyable(self) -> bool:
        """Whether an apply would change anything: resources, outputs, or addresses in the state."""
        return bool(self.document.get("applyable", True))

    @cached_property
    def before(self) -> tuple[Resource, ...]:
        """The managed resources as they are."""
        return tuple(_resources(self.document.get("prior_state", {}).get("values", {}).get("root_module", {})))

    @cached_property
    def is_first(self) -> bool:
        """Whether its state is not there, or holds nothing, and nothing is imported into it either."""
        outputs = self.document.get("prior_state", {}).get("values", {}).get("outputs")
        return not (self.before or outputs or any(change.is_imported for change in self.changes))

    @cached_property
    def after(self) -> tuple[Resource, ...]:
        """The managed resources as they are planned to be."""
        return tuple(_resources(self.document.get("planned_values", {}).get("root_module", {})))

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The value of each variable."""
        return {name: raw.get("value") for name, raw in self.document.get("variables", {}).items()}

    @cached_property
    def configured(self) -> Mapping[str, Json]:
        """What the configuration says of each resource, by its address without a key."""
        root = self.document.get("configuration", {}).get("root_module", {})
        return {raw["address"]: raw for raw in root.get("resources", ())}

    @property
    def providers(self) -> Mapping[str, Json]:
        """What the configuration says of each provider."""
        providers: Mapping[str, Json] = self.document.get("configuration", {}).get("provider_config", {})
        return providers

    @cached_property
    def relevant_attributes(self) -> frozenset[tuple[str, str | int]]:
        """What planned changes depend on: addresses, and the first part of the attribute."""
        found = self.document.get("relevant_attributes", ())
        return frozenset((raw["resource"], raw["attribute"][0]) for raw in found if raw["attribute"])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """A unit, its synthesized configuration, and what Terraform plans to change."""

    name: str
    """The unit's id, such as `prod-postgresql`."""
    configuration: Json
    """The unit's `cdk.tf.json`, as synthesized."""
    plan: Plan
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


def _resource_changes(found: list[Json]) -> Iterator[ResourceChange]:
    for raw in found:
        if raw.get("mode", "managed") == "managed":
            yield ResourceChange(
                **_change(raw["change"]),
                address=raw["address"],
                type=raw.get("type", ""),
                name=raw.get("name", ""),
                deposed=raw.get("deposed", ""),
                previous_address=raw.get("previous_address") or "",
                reason=raw.get("action_reason", ""),
                imported_id=(raw["change"].get("importing") or {}).get("id", ""),
            )


def _change(raw: Json) -> Json:
    return {
        "actions": tuple(raw["actions"]),
        **{name: raw.get(name) for name in ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")},
        "replace_paths": tuple(tuple(path) for path in raw.get("replace_paths", ())),
    }


def _resources(module: Json) -> Iterator[Resource]:
    for raw in module.get("resources", ()):
        if raw["mode"] == "managed":
            yield Resource(address=raw["address"], type=raw["type"], values=raw.get("values") or {})
    for child in module.get("child_modules", ()):
        yield from _resources(child)
