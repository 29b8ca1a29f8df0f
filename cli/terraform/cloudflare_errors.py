"""What Cloudflare's provider prints once for each resource, as one line for each cause."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# `POST "https://…/zones/<id>/dns_records": 403 Forbidden {"success":false,"errors":[{"code":…,"message":"…"}],…}`
_ANSWER = re.compile(
    r'[A-Z]{3,6} "(?P<url>https?://[^"\s]{1,500})": (?P<status>\d{3} [A-Za-z -]{0,40})(?P<body>.*)', re.DOTALL
)

_TOKEN = "CLOUDFLARE_API_TOKEN"  # noqa: S105  (the name of the variable)

# https://developers.cloudflare.com/fundamentals/api/reference/permissions/
_RIGHTS = {
    "cloudflare_authenticated_origin_pulls": "SSL and Certificates:Edit",
    "cloudflare_dns_record": "DNS:Edit",
    "cloudflare_ruleset.cache": "Cache Rules:Edit",
    "cloudflare_ruleset.rate_limits": "Zone WAF:Edit",
    "cloudflare_ruleset.custom_rules": "Zone WAF:Edit",
    "cloudflare_zone_setting": "Zone Settings:Edit",
}
_WRONG_TOKEN, _NO_RIGHT = 10000, 9109
_RECORD_EXISTS = (81053, 81054, 81057, 81058)
_TOO_MANY_RULESETS = 20217
# What each set is, and the input that leaves it to somebody else.
_RULESETS = {
    "cloudflare_ruleset.rate_limits": ("rate limits", "rate_limits"),
    "cloudflare_ruleset.custom_rules": ("custom rules", "custom_rules"),
}
_OPTIONAL_SETTINGS = ("brotli", "http3")
_UNKNOWN_SETTING, _WRONG_SETTING = 1006, 1007


class _Refusal(NamedTuple):
    """An answer of Cloudflare's API. Equal ones have one cause."""

    status: str
    code: int
    message: str
    setting: str
    """The setting of the zone that it is about; empty where the cause is another."""
    zone_id: str
    """Of the zone that has already what was to be made; empty where the cause is another."""


def causes(diagnostics: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[Mapping[str, Any]]]:
    """A line for each cause of Cloudflare's, with the resources that it stopped, and the diagnostics of others."""
    stopped: dict[_Refusal, list[str]] = {}
    others = []
    for diagnostic in diagnostics:
        address = str(diagnostic.get("address") or "")
        refusal = _read(str(diagnostic.get("detail") or "")) if "cloudflare_" in address else None
        if refusal:
            stopped.setdefault(refusal, []).append(address)
        else:
            others.append(diagnostic)
    return [f"{_named(addresses)}: {_explained(refusal, addresses)}" for refusal, addresses in stopped.items()], others


def _read(detail: str) -> _Refusal | None:
    found = _ANSWER.search(detail)
    if not found:
        return None
    try:
        error = json.loads(found["body"])["errors"][0]
        code, message = int(error["code"]), str(error["message"]).rstrip(".")
    except (ValueError, LookupError, TypeError):
        code, message = 0, ""
    setting = found["url"].partition("/settings/")[2] if code in (_UNKNOWN_SETTING, _WRONG_SETTING) else ""
    is_there = code in (*_RECORD_EXISTS, _TOO_MANY_RULESETS)
    zone_id = found["url"].partition("/zones/")[2].partition("/")[0] if is_there else ""
    return _Refusal(status=found["status"].strip(), code=code, message=message, setting=setting, zone_id=zone_id)


def _explained(refusal: _Refusal, addresses: Sequence[str]) -> str:
    """The cause and the remedy."""
    status, code = refusal.status[:3], refusal.code
    if status == "429":
        # https://developers.cloudflare.com/fundamentals/api/reference/limits/
        return "Cloudflare throttles the requests of this token (429): wait five minutes, and run this again"
    if status >= "500":
        return f"Cloudflare is not available ({refusal.status}): see www.cloudflarestatus.com, and run this again later"
    if code == _NO_RIGHT:
        rights = sorted({right for kind, right in _RIGHTS.items() if any(kind in address for address in addresses)})
        return f"{_TOKEN} lacks a right ({code}): give it {', '.join(rights) or 'Zone:Read'} on the zone"
    if code == _WRONG_TOKEN or status in ("401", "403"):
        return f"Cloudflare does not accept {_TOKEN} ({code or status}): export a valid token for the zone"
    if code in _RECORD_EXISTS:
        what = f"the zone already has a record of this name ({code})"
        return f"{what}: {_entry(addresses, f'{refusal.zone_id}/<id of the record>')}, or remove it at Cloudflare"
    if code == _TOO_MANY_RULESETS:
        rules, field = _RULESETS.get(addresses[0], ("cache rules", "cache_rule"))
        what = f"the zone already has {rules}, and can have only one set ({code})"
        entry = _entry(addresses, f"zones/{refusal.zone_id}/<id of the set>")
        return f"{what}: {entry}, remove the set at Cloudflare, or set {field}=None"
    if refusal.setting:
        what = "is not part of this zone's plan" if code == _UNKNOWN_SETTING else "does not take this value"
        field = f"zone_settings.{refusal.setting}" if refusal.setting in _OPTIONAL_SETTINGS else "zone_settings"
        return f"the setting {refusal.setting} {what} ({code}): set {field}=None"
    return f"Cloudflare refuses the request ({code or refusal.status}): {refusal.message or 'it gives no reason'}"


def _entry(addresses: Sequence[str], resource_id: str) -> str:
    """What to write, of the first: Cloudflare alone knows the id, and the verb asks."""
    key = f"'{addresses[0]}'" if '"' in addresses[0] else f'"{addresses[0]}"'
    return f'write {key}: "{resource_id}" into stacks/imports.py, as `make adopt-resources ARGS=--write` does'


def _named(addresses: Sequence[str]) -> str:
    return f"{addresses[0]} and {len(addresses) - 1} more" if len(addresses) > 1 else addresses[0]
