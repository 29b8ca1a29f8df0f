"""Looks in the account for the resources of synthesized units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3

Json = dict[str, Any]
Client = Callable[..., Any]
"""The client of boto3 of a service, in the region of the environment or another one."""

_REFERENCE = re.compile(r"\$\{(aws_\w+\.\w+)\.\w+\}")


def instances(document: Json) -> dict[str, Json]:
    """The resources of a unit by their addresses, one for each key where a resource has several.

    Without those whose keys Terraform works out.
    """
    found: dict[str, Json] = {}
    for kind, named in document.get("resource", {}).items():
        for name, values in named.items():
            each = values.get("for_each")
            if each is None:
                found[f"{kind}.{name}"] = values
            for key, value in each.items() if isinstance(each, dict) else ():
                found[f'{kind}.{name}["{key}"]'] = {
                    argument: _of_each(given, key, value) for argument, given in values.items()
                }
    return found


def _of_each(given: Any, key: str, value: Any) -> Any:
    """An argument for one key of `for_each`."""
    fields = value if isinstance(value, dict) else {}
    known = {"${each.key}": key, "${each.value}": value, **{f"${{each.value.{k}}}": v for k, v in fields.items()}}
    return known.get(given, given) if isinstance(given, str) else given


class Search:
    """The ids of the resources of one unit. Those of its state, and of entries that there are, are known before."""

    def __init__(
        self,
        resources: Mapping[str, Json],
        known: Mapping[str, str],
        client: Client,
        finders: Mapping[str, Finder],
    ) -> None:
        """`resources` are the arguments by address."""
        self.resources = resources
        self.client = client
        self._known = dict(known)
        self._finders = finders
        self.ambiguous: dict[str, list[str]] = {}
        """The ids among which somebody has to choose, by address."""

    def find(self) -> dict[str, str]:
        """What exists and was not known before: the id that imports it, by address."""
        before = {*self._known}
        new = [address for address in self.resources if address not in before]
        return {address: found for address in new if (found := self.id_of(address))}

    def id_of(self, address: str) -> str:
        """The id of a resource; empty where there is none, or where it is not known which one it is."""
        if address not in self._known:
            self._known[address] = ""  # two that look for each other find nothing
            kind, values = address.partition(".")[0], self.resources.get(address)
            finder = self._finders.get(kind)
            if finder and values is not None:
                self._known[address] = self._one(address, finder(self, address, values))
        return self._known[address]

    def value(self, values: Json, argument: str) -> str:
        """An argument as it will be, with the id of what it refers to; empty where that is not known yet."""
        found = values.get(argument)
        if not isinstance(found, str):
            return ""
        reference = _REFERENCE.fullmatch(found)
        if reference:
            return self.id_of(reference[1])
        return "" if "${" in found else found

    def referring(self, kind: str, argument: str, address: str) -> list[str]:
        """The resources of a type that refer to this one by an argument."""
        return [
            each
            for each, values in self.resources.items()
            if each.startswith(f"{kind}.") and str(values.get(argument, "")).startswith(f"${{{address}.")
        ]

    def _one(self, address: str, found: Iterable[str]) -> str:
        ids = list(dict.fromkeys(filter(None, found)))
        if len(ids) > 1:
            self.ambiguous[address] = ids
        return ids[0] if len(ids) == 1 else ""


Finder = Callable[[Search, str, Json], Iterable[str]]
"""The ids of a resource, by its address and its arguments."""


def clients(session: boto3.Session) -> Client:
    """Makes the clients of a session, each once."""

    @cache
    def client(service: str, region: str | None = None) -> Any:
        return session.client(service, region_name=region)  # type: ignore[call-overload]  # any service

    return client


def asked(call: Callable[..., Any], **arguments: Any) -> Any:
    """The answer of AWS; an empty one where it says that there is no such thing. Raises ClientError for all else."""
    try:
        return call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if re.search(r"NotFound|NoSuch|404|DoesNotExist|ReplicationGroupNotFound", code):
            return {}
        raise
