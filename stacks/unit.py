"""A unit is one Terraform state: one backend key, one set of outputs (Terragrunt: terragrunt.hcl with root.hcl)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, get_type_hints

from cdktf import (
    App,
    TerraformOutput,
    TerraformRemoteState,
    Token,
)

from stacks import moved, state
from stacks.config import findings
from stacks.config.schema import Environment
from stacks.naming import ReadableStack
from stacks.permissions import boundary


class Outputs(Protocol):
    """A frozen dataclass of str, int and list[str] beside its module. A secret is published by its ARN only."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @classmethod
    def mock(cls) -> Self:
        """Values of the right shape that nobody can mistake for real ones: what a plan uses before the unit exists."""
        ...


OutputsT = TypeVar("OutputsT", bound=Outputs)
UpstreamT = TypeVar("UpstreamT", bound=Outputs)

# How an output is read back from remote state, by the annotation of its field.
_READERS: dict[Any, Callable[[TerraformRemoteState, str], Any]] = {
    str: lambda remote, name: remote.get_string(name),
    int: lambda remote, name: remote.get_number(name),
    list[str]: lambda remote, name: Token.as_list(remote.get(name)),
}


class Unit(ReadableStack, Generic[OutputsT]):
    """Base of all units. A subclass sets NAME, wires its modules and sets `outputs` to what `publish` returns."""

    NAME: ClassVar[str]
    outputs: OutputsT

    def __init__(self, app: App, environment: Environment) -> None:
        # A direct child of App: cdktf's manifest is keyed by the bare id, so a nested stack of the same name would
        # silently overwrite its neighbour's JSON.
        super().__init__(app, f"{environment.name}-{self.NAME}")
        self.environment = environment
        # Ephemeral values and write-only arguments, which keep secrets out of the state, came with 1.11.
        self.add_override("terraform.required_version", ">= 1.11.0")
        # Whose unit this is, for every program that reads the JSON: names alone do not say it ("prod-eu-network" may be
        # the unit "eu-network" of "prod", or "network" of "prod-eu"). Terraform ignores the key "//".
        for key, value in (
            ("environment", environment.name),
            ("unit", self.NAME),
            ("protected", environment.protected),
        ):
            self.add_override(f"//.{key}", value)
        if accepted := findings.accepted(environment, self.NAME):
            self.add_override("//.accepted_findings", accepted)
        state.configure(self, environment, self.NAME)
        boundary.apply(self, environment, self.NAME)
        if renamed := moved.blocks(self.NAME):
            self.add_override("moved", renamed)

    def publish(self, outputs: OutputsT) -> OutputsT:
        """Write each field of the outputs to this unit's state under the field's own name."""
        for field in fields(outputs):
            # Outputs share the namespace of the constructs, hence the prefix; Terraform has one of its own for them.
            output = TerraformOutput(self, f"output-{field.name}", value=getattr(outputs, field.name))
            output.override_logical_id(field.name)
        return outputs

    def read(self, upstream: Unit[UpstreamT]) -> UpstreamT:
        """Depend on another unit and return its outputs. This is the only way from unit to unit.

        The upstream's mock is synthesized as a comment, which Terraform ignores: the JSON under review is the JSON
        that is deployed, and no deploy can use a mock. `plan` takes it from there for what is not deployed yet.
        """
        self.add_dependency(upstream)
        name = upstream.NAME.replace("-", "_")
        remote = state.remote(self, f"remote-{upstream.NAME}", upstream.environment, upstream.NAME)
        remote.override_logical_id(name)
        kind = type(upstream.outputs)
        self.add_override(f"//.mock_outputs.{name}", asdict(kind.mock()))
        hints = get_type_hints(kind)
        return kind(**{field.name: _READERS[hints[field.name]](remote, field.name) for field in fields(kind)})
