"""Cloudflare, for which checkov has no rule: visitors meet the proxy, and speak TLS to it as it does to the origin."""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule

# Setting, its good values, and what the others mean: https://developers.cloudflare.com/api/resources/zones/subresources/settings/
SETTINGS = {
    "always_use_https": ({"on"}, "pages are served in plain text too"),
    "development_mode": ({"off"}, "the cache is bypassed for everyone"),
    "min_tls_version": ({"1.2", "1.3"}, "browsers may speak a TLS that is broken"),
    "security_level": ({"low", "medium", "high", "under_attack"}, "nobody is challenged any more"),
    "ssl": ({"strict", "origin_pull"}, "whoever sits between Cloudflare and the origin reads and alters everything"),
    "tls_1_3": ({"on", "zrt"}, "browsers cannot speak the best TLS"),
}
NEEDED = ("always_use_https", "min_tls_version", "ssl")


def _setting(resource: Resource) -> Iterator[str]:
    name, value = str(resource.get("setting_id")), str(resource.get("value"))
    good, means = SETTINGS.get(name, ({value}, ""))
    if value not in good:
        yield f"{name} is {value}, so {means}: set it to {' or '.join(sorted(good))}"


def _missing(resource: Resource) -> Iterator[str]:
    """A unit that owns the zone's settings owns all that matter; a setting that is left out is what it was."""
    settings = resource.unit.of("cloudflare_zone_setting")
    if settings and resource.address == settings[0].address:
        yield from {*NEEDED} - {str(setting.get("setting_id")) for setting in settings}


def _unproxied(resource: Resource) -> bool:
    """Names that begin with `_` are for machines, as those which validate certificates."""
    if resource.get("type") not in ("A", "AAAA", "CNAME") or resource.on("proxied"):
        return False
    return not str(resource.get("name")).startswith("_") and "resource_record_name" not in str(resource.get("name"))


def _caches_pages(resource: Resource) -> Iterator[str]:
    for rule in resource.blocks("rules"):
        parameters = rule.get("action_parameters") or {}
        cached = rule.get("action") == "set_cache_settings" and parameters.get("cache") is not False
        if cached and "http.request.uri.path" not in str(rule.get("expression")):
            yield str(rule.get("ref") or rule.get("description"))


def _weakens(resource: Resource) -> Iterator[str]:
    for rule in resource.blocks("rules"):
        parameters = rule.get("action_parameters") or {}
        ssl = parameters.get("ssl")
        if rule.get("action") == "skip" or (ssl and ssl not in SETTINGS["ssl"][0]):
            yield str(rule.get("ref") or rule.get("description"))


RULES = (
    Rule(
        "cloudflare/unproxied",
        ("cloudflare_dns_record", "cloudflare_record"),
        _unproxied,
        "the record shows the origin's address, past Cloudflare's protection: set proxied to true",
    ),
    Rule("cloudflare/setting", ("cloudflare_zone_setting",), _setting, "{}"),
    Rule(
        "cloudflare/setting-missing",
        ("cloudflare_zone_setting",),
        _missing,
        "this unit owns the zone's settings, but not {}: add it, because what is left out is not reset",
    ),
    Rule(
        "cloudflare/caches-pages",
        ("cloudflare_ruleset",),
        _caches_pages,
        "the rule {} caches whatever has any path, pages of signed-in users too: name paths in its expression",
    ),
    Rule(
        "cloudflare/weakens",
        ("cloudflare_ruleset",),
        _weakens,
        "the rule {} skips protection or weakens TLS: take it out",
    ),
)
