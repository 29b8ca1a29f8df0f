"""A unit's plan as the rules read it: what each resource will be, and what becomes of what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.terraform.plan import Json, ResourceChange, UnitPlan

_REFERENCE = re.compile(r"\b([a-z][a-z0-9_]*\.[a-zA-Z_][\w-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a resource will be when the plan is applied, unchanged ones included."""

    unit: Unit
    address: str
    type: str
    values: Json
    """As planned; and what is known after apply only, as it is configured: text that holds `${...}`."""
    configured: Json
    """As synthesized. References to other resources are here, whatever the plan knows."""

    @property
    def base(self) -> str:
        """The address without the key of count or for_each."""
        return _base(self.address)

    @property
    def change(self) -> ResourceChange:
        """What the plan does to it, beside what a replacement has left behind of it."""
        (found,) = (each for each in self.unit.changes if each.address == self.address and not each.deposed)
        return found

    def get(self, path: str) -> Any:
        """The value at a path such as `metadata_options.http_tokens`; of a block that repeats, in the first one."""
        return _get(self.values, path)

    def on(self, path: str) -> bool:
        """Whether a switch is on. One of which nobody knows before apply whether it is on, is not."""
        return self.get(path) in (True, "true")

    def blocks(self, path: str) -> list[Json]:
        """The blocks at a path: a block that may repeat is a list, or an object where it does not."""
        return _blocks(self.get(path))

    def refers(self, path: str) -> set[str]:
        """The addresses to which the configuration of an argument refers."""
        return references(_get(self.configured, path))


class Unit:
    """A unit's plan and configuration."""

    def __init__(self, plan: UnitPlan) -> None:
        self.plan = plan
        self.resources = list(_resources(self))
        self.changes = plan.plan.changes

    @property
    def name(self) -> str:
        """The unit's id, such as `prod-postgresql`."""
        return self.plan.name

    @property
    def configuration(self) -> Json:
        return self.plan.configuration

    @property
    def public_variables(self) -> list[str]:
        """Names of variables that its inputs declare to be no secrets, however secret they look."""
        return list(self.configuration.get("//", {}).get("public_variables", ()))

    @property
    def accepted_findings(self) -> list[Mapping[str, str]]:
        """What its environment accepts: `rule`, `address` and `reason`, and the `input` from which it follows."""
        return list(self.configuration.get("//", {}).get("accepted_findings", ()))

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [resource for resource in self.resources if resource.type in types]

    def referring(self, type: str, path: str, address: str) -> list[Resource]:
        """The resources of a type whose argument refers to an address."""
        return [resource for resource in self.of(type) if _base(address) in resource.refers(path)]

    def expand(self, text: str) -> str:
        """A text with its locals and variables put in, as far as they are known."""

        def put_in(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if kind == "local":
                value = self.configuration.get("locals", {}).get(name)
            else:
                value = self.plan.plan.variables.get(name)
            return value if isinstance(value, str) else found[0]

        for _ in range(5):  # locals of locals
            text = re.sub(r"\$\{(local|var)\.(\w+)\}", put_in, text)
        return text


def references(value: object) -> set[str]:
    """The addresses in the `${...}` of a value, such as `aws_subnet.network_private_a`."""
    found: set[str] = set()
    for text in strings(value):
        start, end = text.find("${"), text.rfind("}")
        if start >= 0:
            found.update(_REFERENCE.findall(text, start, end + 1))
    return found


def strings(value: object) -> Iterator[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "//":
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def named_strings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """All texts in a value with the name of the argument that holds each."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "//":
                yield from named_strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from named_strings(inner, name)


def _resources(unit: Unit) -> Iterator[Resource]:
    for change in unit.plan.plan.changes:
        if change.after is None or "forget" in change.actions:
            continue
        configured = unit.configuration.get("resource", {}).get(change.type, {}).get(change.name, {})
        yield Resource(
            unit=unit,
            address=change.address,
            type=change.type,
            values=_known(change.after, change.after_unknown, configured) or {},
            configured=configured,
        )


def _known(after: object, unknown: object, configured: object) -> Any:
    """A planned value; where Terraform knows it after apply only, what is configured."""
    if unknown is True:
        return configured
    if isinstance(after, Mapping) and isinstance(unknown, Mapping):
        (block, *_) = _blocks(configured) or [{}]
        names = [*after, *(name for name in unknown if name not in after)]
        return {name: _known(after.get(name), unknown.get(name, False), block.get(name)) for name in names}
    if isinstance(after, list) and isinstance(unknown, list):
        blocks = configured if isinstance(configured, list) else [configured]
        paired = blocks if len(blocks) == len(after) else [None] * len(after)
        flags = unknown if len(unknown) == len(after) else [False] * len(after)
        return [_known(*each) for each in zip(after, flags, paired, strict=True)]
    return after


def _blocks(value: object) -> list[Json]:
    """A block as a list: Terraform's JSON has one of them as an object or a list, as it pleases."""
    if isinstance(value, Mapping):
        return [dict(value)]
    return [dict(block) for block in value if isinstance(block, Mapping)] if isinstance(value, list) else []


def _get(value: object, path: str) -> Any:
    for part in path.split("."):
        (block, *_) = _blocks(value) or [{}]
        value = block.get(part)
    return value


def _base(address: str) -> str:
    return address.partition("[")[0]
