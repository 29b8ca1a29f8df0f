"""How records and rulesets of a zone at Cloudflare are found.

https://registry.terraform.io/providers/cloudflare/cloudflare/5.14.0/docs
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from cli.deploy import cloudflare
from cli.deploy.adopt.search import Finder, Json, Search
from cli.failure import Failure

Get = Callable[[str], Any]
"""The result of a path of Cloudflare's API; None where there is nothing, or where the token may not read it."""


def getter(variables: Mapping[str, str]) -> Get:
    """Asks Cloudflare with the token of these variables. Raises Failure where there is none, or no answer."""

    def get(path: str) -> Any:
        token = variables.get(cloudflare.TOKEN)
        if not token:
            raise Failure(f"{cloudflare.TOKEN} is not set: create a token for the zone, and export it")
        try:
            return cloudflare.get(f"{cloudflare.api(variables)}/{path}", token)
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "reason", type(error).__name__)
            raise Failure(f"Cloudflare cannot be asked ({why}): try again later") from error

    return get


def finders(get: Get) -> dict[str, Finder]:
    """Those of Cloudflare's resources, by type."""

    def record(search: Search, _address: str, values: Json) -> Iterator[str]:
        zone, name, kind = (search.value(values, key) for key in ("zone_id", "name", "type"))
        query = urlencode({"name": name, "per_page": 100})
        for each in (get(f"zones/{zone}/dns_records?{query}") or ()) if zone and name else ():
            if each["type"] == kind and _is_same(each, values):
                yield f"{zone}/{each['id']}"

    def ruleset(search: Search, _address: str, values: Json) -> Iterator[str]:
        zone, phase = search.value(values, "zone_id"), search.value(values, "phase")
        found = get(f"zones/{zone}/rulesets/phases/{phase}/entrypoint") if zone and phase else None
        yield f"zones/{zone}/{found['id']}" if found else ""

    return {"cloudflare_dns_record": record, "cloudflare_ruleset": ruleset}


def _is_same(found: Json, values: Json) -> bool:
    """Whether a record is that one of several with its name and type, as a name may have many of TXT and MX."""
    content = values.get("content")
    is_many = found["type"] not in ("A", "AAAA", "CNAME")
    return not is_many or json.dumps(found.get("content")).strip('"\\') == json.dumps(content).strip('"\\')
