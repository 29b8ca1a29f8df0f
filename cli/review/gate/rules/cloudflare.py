"""Cloudflare, for which checkov has no rule: visitors meet the proxy, and speak TLS to it as it does to the origin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Json
from modules.cloudflare_dns.expressions import is_constant, is_of_hostnames

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
    if resource.get("type") not in ("A", "AAAA", "CNAME", "HTTPS", "SVCB") or resource.on("proxied"):
        return False
    name = str(resource.get("name"))
    return resource.get("type") != "CNAME" or not (name.startswith("_") or "resource_record_name" in name)


# What narrows a rule to paths, none of which is that of every page.
_PATH = re.compile(
    r'(?:starts_with|ends_with)\(http\.request\.uri\.path, "[^"]{2,}"\)'
    r'|http\.request\.uri\.path (?:eq|contains) "(?=[^"]*\w)[^"]{2,}"'
    r'|http\.request\.uri\.path in \{(?: ?"/[^"]+")+ ?\}'
)
_HOST = re.compile(r'http\.host (?:eq "[^"]+"|in \{(?: ?"[^"]+")+ ?\})')
_CACHES_PATHS = re.compile(r"\(*(?:\(*host(?: or host)*\)* and )?\(*path\)*(?: or \(*path\)*)*\)*")


def _of_paths(expression: str) -> str:
    """The expression with its conditions on paths and hosts as one word each."""
    return _HOST.sub("host", _PATH.sub("path", expression))


def _caches_pages(resource: Resource) -> Iterator[str]:
    for rule in resource.blocks("rules"):
        parameters = rule.get("action_parameters") or {}
        cached = rule.get("action") == "set_cache_settings" and parameters.get("cache") is not False
        if cached and not _CACHES_PATHS.fullmatch(_of_paths(str(rule.get("expression")))):
            yield str(rule.get("ref") or rule.get("description"))


_PROTECTS = re.compile(
    r"strict-transport-security|content-security-policy|x-frame-options|x-content-type-options", re.IGNORECASE
)


def _removes_header(parameters: Json) -> bool:
    headers = parameters.get("headers") or {}
    named = headers.items() if isinstance(headers, dict) else ((each.get("name"), each) for each in headers)
    return any(_PROTECTS.fullmatch(str(name)) and (each or {}).get("operation") != "add" for name, each in named)


def _redirects(resource: Resource) -> Iterator[str]:
    """The load balancer redirects, and Cloudflare to HTTPS: always_use_https."""
    for rule in resource.blocks("rules"):
        if rule.get("action") in ("redirect", "route"):
            yield str(rule.get("ref") or rule.get("description"))


def _no_hsts(resource: Resource) -> bool:
    hsts = ((resource.get("value") or {}) if isinstance(resource.get("value"), dict) else {}).get(
        "strict_transport_security"
    )
    return resource.get("setting_id") == "security_header" and not (hsts or {}).get("enabled")


_FIREWALL = ("http_ratelimit", "http_request_firewall_custom")


def _weakens(resource: Resource) -> Iterator[str]:
    is_firewall = resource.get("phase") in _FIREWALL
    for rule in resource.blocks("rules"):
        parameters = rule.get("action_parameters") or {}
        ssl = parameters.get("ssl")
        is_weak = bool(ssl and ssl not in SETTINGS["ssl"][0]) or bool(parameters.get("overrides"))
        is_weak = is_weak or (is_firewall and rule.get("enabled") is False)
        if rule.get("action") == "skip" or is_weak or _removes_header(parameters):
            yield str(rule.get("ref") or rule.get("description"))


def _reaches_other_hostnames(resource: Resource) -> Iterator[str]:
    """A zone may have other environments, to which no rule of this one applies."""
    for rule in resource.blocks("rules") if resource.get("phase") in _FIREWALL else ():
        expression = str(rule.get("expression"))
        if not is_of_hostnames(expression) or is_constant(expression):
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
        "the rule {} skips or overrides protection, is disabled, or weakens TLS: take it out",
    ),
    Rule(
        "cloudflare/other-hostnames",
        ("cloudflare_ruleset",),
        _reaches_other_hostnames,
        "the rule {} applies to every request, or to other hostnames of the zone: begin its expression with the "
        "hostnames of this environment, and add a condition without true or false",
    ),
    Rule(
        "cloudflare/redirects",
        ("cloudflare_ruleset",),
        _redirects,
        "the rule {} leads visitors elsewhere: take it out; hostnames with redirect are led by the load balancer",
    ),
    Rule(
        "cloudflare/no-hsts",
        ("cloudflare_zone_setting",),
        _no_hsts,
        "browsers forget to ask by HTTPS alone: set strict_transport_security.enabled to true",
    ),
)
