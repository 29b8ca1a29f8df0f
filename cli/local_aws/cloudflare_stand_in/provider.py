# mypy: disable-error-code="import-untyped, misc"
# `tf` has no types.
"""The stand-in itself: it keeps what it is told in Terraform's state, and calls nobody."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tf.gen import tfplugin_pb2 as pb
from tf.iface import (
    Config,
    CreateContext,
    DataSource,
    DeleteContext,
    Provider,
    ReadContext,
    Resource,
    State,
    UpdateContext,
    UpgradeContext,
)
from tf.schema import Attribute, Schema
from tf.types import TfType, Unknown
from tf.utils import Diagnostics

from cli.local_aws.cloudflare_stand_in.records import Exists, Records
from cli.local_aws.cloudflare_stand_in.schema import Json, enumerated

_RECORD = "cloudflare_dns_record"
_MADE_UP: Json = {"string": "stand-in", "number": 0, "bool": False}


class Plain(TfType):
    """A type whose values go to and from Terraform as they are."""

    def __init__(self, type_: object) -> None:
        self._type = type_

    def encode(self, value: Any) -> Any:
        return value

    def decode(self, value: Any) -> Any:
        return value

    def tf_type(self) -> bytes:
        return json.dumps(self._type).encode()


class SchemaAttribute(Attribute):
    """An attribute of the schema; nested ones are what `tf` lacks."""

    def __init__(self, name: str, attribute: Json) -> None:
        super().__init__(
            name,
            Plain(attribute.get("type")),
            required=attribute.get("required"),
            optional=attribute.get("optional"),
            computed=attribute.get("computed"),
            requires_replace=attribute.get("replaces"),
        )
        self._attribute = attribute

    def to_pb(self) -> pb.Schema.Attribute:
        found = super().to_pb()
        if "nested" in self._attribute:
            found.ClearField("type")
            found.nested_type.nesting = pb.Schema.Object.NestingMode.Value(self._attribute["nesting"].upper())
            nested = schema_attributes(self._attribute["nested"])
            found.nested_type.attributes.extend(attribute.to_pb() for attribute in nested)
        return found


def schema_attributes(attributes: Json) -> list[SchemaAttribute]:
    """For `tf`, in the order of their names."""
    return [SchemaAttribute(name, attribute) for name, attribute in sorted(attributes.items())]


class StandInResource(Resource):
    """A resource that exists in Terraform's state alone."""

    name: str
    attributes: Json

    def __init__(self, provider: StandIn) -> None:
        self._records = provider.records

    @classmethod
    def get_name(cls) -> str:
        return cls.name

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(schema_attributes(cls.attributes))

    def validate(self, diags: Diagnostics, type_name: str, config: Config) -> None:
        """Refuse what the real one would; Terraform itself has checked names and types before."""
        super().validate(diags, type_name, config)
        for path, value, allowed in enumerated(self.attributes, config):
            what = f"Attribute {path} value must be one of: {', '.join(allowed)}, got: {value}"
            diags.add_error("Invalid Attribute Value Match", what)

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        """The plan, with values for what was known after apply."""
        made = {name: self._made_up(name) if value is Unknown else value for name, value in planned.items()}
        made |= {"id": uuid.uuid4().hex} if "id" in made else {}
        return self._kept(ctx, made, otherwise=None)

    def read(self, ctx: ReadContext, current: State) -> State:
        """What was applied, but for the dot at the end of a name, which Cloudflare's answers leave out."""
        return {
            name: value.removesuffix(".") if name in ("name", "content") and isinstance(value, str) else value
            for name, value in current.items()
        }

    def update(self, ctx: UpdateContext, current: State, planned: State) -> State | None:
        return self._kept(ctx, planned, otherwise=current)

    def delete(self, ctx: DeleteContext, current: State) -> None:
        if self.name == _RECORD:
            self._records.remove(current["id"])

    def upgrade(self, ctx: UpgradeContext, version: int, old: State) -> State:
        """The state as the protocol carries it: beside a value of any type lies its type, in JSON in another way."""
        anything = {name for name, attribute in self.attributes.items() if attribute.get("type") == "dynamic"}
        return {
            name: [json.dumps(value["type"]).encode(), value["value"]] if name in anything and value else value
            for name, value in old.items()
        }

    def _kept(self, ctx: CreateContext | UpdateContext, state: State, *, otherwise: State | None) -> State | None:
        """The state; and `otherwise`, with an error, where there is such a record already."""
        if self.name == _RECORD:
            try:
                self._records.put(state["id"], state)
            except Exists as refusal:
                ctx.diagnostics.add_error("failed to make http request", str(refusal))
                return otherwise
        return state

    def _made_up(self, name: str) -> Any:
        type_ = self.attributes[name].get("type")
        return _MADE_UP.get(type_) if isinstance(type_, str) else None


class StandIn(Provider):
    """A provider of such resources, which names itself wherever Terraform would speak to Cloudflare."""

    def __init__(self, schema: Json, records: Records) -> None:
        self._schema = schema
        self.records = records

    def get_model_prefix(self) -> str:
        return ""

    def full_name(self) -> str:
        return "registry.terraform.io/cloudflare/cloudflare"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        return Schema(schema_attributes(self._schema["provider"]))

    def validate_config(self, diags: Diagnostics, config: Config) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: Config) -> None:
        diags.add_warning("This is a stand-in for Cloudflare's provider", "Nothing is read from or sent to Cloudflare.")

    def get_data_sources(self) -> list[type[DataSource]]:
        return []

    def get_resources(self) -> list[type[Resource]]:
        return [
            type(name, (StandInResource,), {"name": name, "attributes": attributes})
            for name, attributes in self._schema["resources"].items()
        ]
