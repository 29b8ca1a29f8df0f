"""The schema of Cloudflare's provider, read out of the jsii assembly of its bindings."""

from __future__ import annotations

import importlib.util
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

Json = dict[str, Any]

_PACKAGE = "cdktf_cdktf_provider_cloudflare"
_NAMESPACE = "@cdktf/provider-cloudflare."

# What the bindings add to the arguments of a provider, and to the attributes that a resource answers with.
_META_ARGUMENTS = {"alias"}
_META_ATTRIBUTES = {"internalValue"}

# Changing one of these makes another resource. The bindings do not say so.
_REPLACING = {"account_id", "kind", "phase", "setting_id", "type", "zone_id"}

_PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}


class Bindings:
    """The types of the bindings, which were generated from the provider's schema and still hold most of it.

    An attribute is `{"type": …}` or `{"nested": {name: attribute}, "nesting": "single" | "list" | "map"}`, with some of
    `required`, `optional`, `computed`, `replaces` and `values`, its enumeration. Lost are whether a list is a set and
    whether an optional attribute is computed too.
    """

    def __init__(self, types: dict[str, Json]) -> None:
        self._types = types
        self._structs: dict[str, Json] = {}

    @classmethod
    def read(cls) -> Bindings:
        """Those of the installed package."""
        found = importlib.util.find_spec(_PACKAGE)
        assert found
        assert found.submodule_search_locations
        (archive,) = Path(found.submodule_search_locations[0], "_jsii").glob("*.jsii.tgz")
        with archive.open("rb") as file:
            return cls.of(file)

    @classmethod
    def of(cls, archive: IO[bytes]) -> Bindings:
        """Those of a package of jsii, whichever provider they are for."""
        with tarfile.open(fileobj=archive) as files:
            assembly = next(files.extractfile(file) for file in files if file.name == "package/.jsii")
            assert assembly
            return cls(json.load(assembly)["types"])

    @property
    def provider_version(self) -> str:
        """The version of the provider that the bindings were generated from, and that they ask for."""
        link = self._types[f"{_NAMESPACE}provider.CloudflareProvider"]["docs"]["summary"]
        found = re.search(r"/cloudflare/cloudflare/([\d.]+)/docs", link)
        assert found
        return found[1]

    def provider_schema(self, resources: Iterable[str]) -> Json:
        """The arguments of the provider, and the attributes of some of its resources."""
        arguments = self.arguments(f"{_NAMESPACE}provider.CloudflareProviderConfig")
        provider = {name: argument for name, argument in arguments.items() if name not in _META_ARGUMENTS}
        return {"provider": provider, "resources": {f"cloudflare_{name}": self.resource(name) for name in resources}}

    def resource(self, name: str) -> Json:
        """The attributes of a resource."""
        pascal = "".join(part.title() for part in name.split("_"))
        fqn = f"{_NAMESPACE}{pascal[0].lower()}{pascal[1:]}.{pascal}"
        arguments = self.arguments(f"{fqn}Config")
        attributes = {**self._answers(fqn), **arguments}
        for argument in _REPLACING & attributes.keys():
            attributes[argument]["replaces"] = True
        return attributes

    def configurable(self) -> dict[str, str]:
        """By Terraform's type, such as `aws_vpc` or `data.aws_vpc`, the struct of what is written for it."""
        found = {}
        for each in self._types.values():
            summary = each.get("docs", {}).get("summary", "")
            if link := re.fullmatch(r"Represents a \{@link \S+/docs/(resources|data-sources)/\w+ (\w+)\}\.", summary):
                _scope, _id, config = each["initializer"]["parameters"]
                found["data." * (link[1] == "data-sources") + link[2]] = config["type"]["fqn"]
        return found

    def arguments(self, fqn: str) -> Json:
        """What is written for a struct, which may hold itself, as a statement of AWS WAF does."""
        if fqn not in self._structs:
            self._structs[fqn] = arguments = dict[str, Any]()
            for member in self._types[fqn].get("properties", ()):
                kind = "optional" if member.get("optional") else "required"
                arguments[_terraform_name(member)] = {**self._type(member["type"]), kind: True, **_enumeration(member)}
        return self._structs[fqn]

    def _answers(self, fqn: str) -> Json:
        """What is only read of a class: its properties but those that hold an argument, `x` and `xInput`."""
        members = {member["name"]: member for member in self._types[fqn]["properties"] if not member.get("static")}
        written = {f"{name}Input" for name in members}
        return {
            _snake(name): {**self._type(member["type"]), "computed": True}
            for name, member in members.items()
            if name not in written | _META_ATTRIBUTES and f"{name}Input" not in members
        }

    def _type(self, type_: Json) -> Json:
        if "union" in type_:
            (type_,) = (each for each in type_["union"]["types"] if each.get("fqn") != "cdktf.IResolvable")
        if "primitive" in type_:
            return {"type": _PRIMITIVES[type_["primitive"]]}
        if "collection" in type_:
            return self._collection(type_["collection"])
        return self._named(type_["fqn"])

    def _collection(self, collection: Json) -> Json:
        if collection["elementtype"].get("primitive") == "any":
            return {"type": "dynamic"}  # of which the bindings make a map
        nesting = "list" if collection["kind"] == "array" else "map"
        element = self._type(collection["elementtype"])
        return {**element, "nesting": nesting} if "nested" in element else {"type": [nesting, element["type"]]}

    def _named(self, fqn: str) -> Json:
        if fqn == "cdktf.IResolvable":
            return {"type": "bool"}  # computed ones only: in arguments it is one of two
        if fqn == "cdktf.StringMap":
            return {"type": ["map", "string"]}
        if self._types[fqn]["kind"] == "interface":
            return {"nested": self.arguments(fqn), "nesting": "single"}
        for suffix, nesting in (("List", "list"), ("Map", "map"), ("OutputReference", "single")):
            if fqn.endswith(suffix):
                element = f"{fqn.removesuffix(suffix)}OutputReference"
                return {"nested": self._answers(element), "nesting": nesting}
        raise AssertionError(f"{fqn} has no counterpart in Terraform")


def enumerated(attributes: Json, values: Json) -> Iterator[tuple[str, Any, list[str]]]:
    """Each value that is known and outside of its attribute's enumeration: where, the value, what is allowed."""
    for name, attribute in attributes.items():
        value = values.get(name)
        if isinstance(value, str) and value not in attribute.get("values", [value]):
            yield name, value, attribute["values"]
        for key, item in _items(attribute, value):
            for path, wrong, allowed in enumerated(attribute["nested"], item):
                yield f"{name}{key}.{path}", wrong, allowed


def _items(attribute: Json, value: Any) -> Iterator[tuple[str, Json]]:
    if "nested" not in attribute:
        return
    if attribute["nesting"] == "single":
        pairs: Iterable[tuple[str, Any]] = [("", value)]
    elif isinstance(value, list):
        pairs = ((f"[{index}]", item) for index, item in enumerate(value))
    else:
        pairs = ((f"[{key!r}]", item) for key, item in value.items()) if isinstance(value, dict) else ()
    yield from ((key, item) for key, item in pairs if isinstance(item, dict))


def _terraform_name(member: Json) -> str:
    """As in the link of its documentation, `…/dns_record#zone_id DnsRecord#zone_id`."""
    found = re.search(r"#(\w+) \w+#\w+}", json.dumps(member.get("docs", {})))
    return found[1] if found else _snake(member["name"])


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _enumeration(member: Json) -> Json:
    docs = member.get("docs", {})
    text = f"{docs.get('summary', '')}\n{docs.get('remarks', '')}"
    found = re.search(r'Available values: ("[^"]+"(?:, "[^"]+")*)', text)
    return {"values": re.findall(r'"([^"]+)"', found[1])} if found else {}
