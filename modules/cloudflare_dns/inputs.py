"""Inputs of the DNS record at Cloudflare, and of what belongs to its whole zone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

from modules import dns
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs, rules_of_zone
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.cloudflare_dns.plans import Plan
from modules.dns import DnsRecordInputs, HostnameInputs, Zone
from modules.validation import Problem, inputs, show

OF_THE_ZONE = ("zone_settings", "cache_rule", "rate_limits", "custom_rules")
"""The fields of `CloudflareDnsInputs` that say what a zone has once, so that one environment manages it."""

# https://developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl/
MIN_CACHE_TTL_SECONDS: dict[Plan, int] = {"free": 7200, "pro": 3600, "business": 1, "enterprise": 1}
YEAR_SECONDS = 365 * 24 * 3600

# Only these carry HTTP: https://developers.cloudflare.com/dns/proxy-status/
PROXIABLE = ("A", "AAAA", "CNAME")

_S3_WEBSITE = re.compile(r".*\bs3-website[.-][a-z0-9-]{1,63}\.amazonaws\.com")
# https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/
_TAG = re.compile(r"[A-Za-z0-9_-]{1,32}:.{0,100}")
# https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1
_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
# `contains` compares the characters themselves; only `wildcard` and `matches` read patterns.
# https://developers.cloudflare.com/ruleset-engine/rules-language/operators/#wildcard-matching
_PATTERN = frozenset("*+^|$")
# Without . and .. as names: Cloudflare removes them before a rule sees the path.
# https://developers.cloudflare.com/rules/normalization/how-it-works/
_PATH = re.compile(r"(?=.{3,100}\Z)/((?!\.{1,2}/)[A-Za-z0-9._~-]+/)+")
# What Django answers there depends on who asks, and a caller with a token in a header has no session cookie.
_UNCACHED = ("/admin/", "/api/")


@inputs
class ZoneSettingsInputs:
    """Settings of a whole zone: only one environment may manage them."""

    ssl: Literal["off", "flexible", "full", "strict"] = "strict"
    """How Cloudflare speaks to the load balancer: "strict" verifies its certificate, "full" takes any.
    https://developers.cloudflare.com/ssl/origin-configuration/ssl-modes/"""
    always_use_https: bool = True
    min_tls_version: Literal["1.2", "1.3"] = "1.2"
    """Between visitors and Cloudflare."""
    http3: bool | None = True
    """None: leave it alone, where the zone's plan does not have it."""
    brotli: bool | None = None
    """None: leave it alone. Cloudflare deprecated the setting in August 2024, and compresses without it; once its API
    is gone, a plan that names the setting fails.
    https://developers.cloudflare.com/fundamentals/api/reference/deprecations/"""

    def rules(self) -> Iterator[Problem]:
        if self.ssl in ("off", "flexible"):
            what = f"{self.ssl} calls the load balancer by HTTP, which it redirects to HTTPS without end"
            yield Problem("ssl", what, 'choose "strict", or "full" for a certificate that cannot be verified')


@inputs
class CacheRuleInputs:
    """What Cloudflare caches of the hostname. A zone has one set of cache rules: only one environment may manage it.

    Rules that stand in the dashboard already must be imported or removed first.
    """

    paths: tuple[str, ...] = ("/static/",)
    """Whatever begins with one of these is cached, whatever its file type. Nothing below /admin/ and /api/ can be."""
    edge_ttl_seconds: int = 7200
    """How long at Cloudflare, but for answers of 400 and above, which it never stores. At least 2 hours on the plan
    free, 1 hour on pro; at most a year."""
    browser_ttl_seconds: int | None = None
    """How long in browsers, with the same limits. None: as long as the application says, which is right for the hashed
    names of Django's static files; a number holds for errors too, that a file is missing."""
    session_cookies: tuple[str, ...] = ("sessionid",)
    """Requests with one of these cookies bypass the cache on all paths: Django's SESSION_COOKIE_NAME, in full."""

    def rules(self) -> Iterator[Problem]:
        yield from self._path_rules()
        yield from self._cookie_rules()
        for field in ("paths", "session_cookies"):
            names = getattr(self, field)
            if len(set(names)) < len(names):
                yield Problem(field, "one is named twice", "name each once")
            if len(names) > 20:  # an expression ends at 4,096 characters
                yield Problem(field, f"got {len(names)}", "keep to 20")

    def _path_rules(self) -> Iterator[Problem]:
        if not self.paths:
            yield Problem("paths", "there is no path to cache", 'name one as "/static/", or set the cache rule to None')
        for path in self.paths:
            if path == "/":
                yield Problem("paths", "/ would cache pages that are not the same for all", "name the paths of files")
            elif not _PATH.fullmatch(path):
                yield Problem("paths", f"{show(path)} is no directory of URLs", 'write it as "/static/"')
            elif path.startswith(_UNCACHED):
                what = f"{show(path)} would serve one user's answers to others"
                yield Problem("paths", what, "cache only files that are the same for everybody")

    def _cookie_rules(self) -> Iterator[Problem]:
        for cookie in self.session_cookies:
            if not _COOKIE.fullmatch(cookie):
                yield Problem("session_cookies", f"{show(cookie)} is no name of a cookie", 'write it as "sessionid"')
            elif not _PATTERN.isdisjoint(cookie):
                what = f"{show(cookie)} is compared literally, not as a pattern, so it would never match"
                yield Problem("session_cookies", what, "name each cookie in full")


@inputs
class CloudflareDnsInputs:
    """The record by which visitors reach the load balancer."""

    zone_id: str
    zone_name: str
    """The zone's own name: "example.com"."""
    record_name: str
    """The name within the zone, "@" for the zone itself: "api" makes api.example.com."""
    zone_plan: Plan = "free"
    """What Cloudflare allows follows from the zone's plan."""
    proxied: bool = True
    """Whether visitors come through Cloudflare. The load balancer then admits nobody else."""
    record_type: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT"] = "CNAME"
    """Other types need the provider's structured `data`, and none of them leads to a web service."""
    target: str | None = None
    """None: the load balancer. A TXT record's text is written without quotes."""
    ttl: int = 1
    """In seconds, 60 (on the plan enterprise 30) to 86400; 1 lets Cloudflare choose, and is a must where proxied."""
    priority: int | None = None
    """Of an MX record, 0 to 65535, the lowest first."""
    comment: str | None = None
    """Up to 100 characters, on a paid plan 500."""
    tags: tuple[str, ...] = ()
    """Cloudflare's record tags, "name:value", on paid plans only."""
    edge_certificate: Literal["universal", "advanced"] = "universal"
    """What Cloudflare shows visitors: Universal SSL covers the zone and one level below; "advanced" stands for a
    certificate of Advanced Certificate Manager or an uploaded one, which cover more.
    https://developers.cloudflare.com/ssl/edge-certificates/universal-ssl/limitations/"""
    cache_rule: CacheRuleInputs | None = None
    """None: Cloudflare caches by its defaults."""
    zone_settings: ZoneSettingsInputs | None = None
    """None: managed elsewhere, by another environment or by hand; ssl must be "strict" or "full" there."""
    rate_limits: Mapping[str, RateLimitInputs] | None = None
    """By names of your choice: `{"login": RateLimitInputs(…)}`. A zone has one set of them, of 1 on the plan free, 2 on
    pro and 5 on business: only one environment may manage it. None: managed elsewhere."""
    custom_rules: Mapping[str, CustomRuleInputs] | None = None
    """By names of your choice, in the order of their evaluation. A zone has one set of them, of 5 on the plan free, 20
    on pro and 100 on business: only one environment may manage it. None: managed elsewhere."""
    authenticated_origin_pulls: AuthenticatedOriginPullsInputs | None = None
    """How the load balancer knows this zone from other customers of Cloudflare: docs/dns.md. None: it does not."""
    further_hostnames: tuple[HostnameInputs, ...] = ()
    """Further names of the service: the apex, or one of another zone that the token may edit too. They are proxied
    where the record is."""
    further_records: tuple[DnsRecordInputs, ...] = ()
    """Records of the zone that lead elsewhere, as MX and TXT."""

    @property
    def hostname(self) -> str:
        """The full name of the record."""
        return dns.full_name(self.record_name, self.zone_name)

    @property
    def zone(self) -> Zone:
        """Where the record is."""
        return Zone(provider="cloudflare", id=str(self.zone_id), name=str(self.zone_name))

    @property
    def hostnames_of_zone(self) -> tuple[str, ...]:
        """The main hostname, and further ones of the same zone."""
        further = (each.hostname for each in self.further_hostnames if each.zone_id in (None, self.zone_id))
        return (str(self.hostname), *map(str, further))

    def rules(self) -> Iterator[Problem]:
        yield from self._further_rules()
        yield from dns.name_rules(self.zone, self.record_name)
        yield from self._proxy_rules()
        yield from self._type_rules()
        yield from self._target_rules()
        yield from self._ttl_rules()
        yield from self._attribute_rules()
        yield from self._cache_rules()
        yield from self._firewall_rules()
        yield from self._origin_pull_rules()

    def _proxy_rules(self) -> Iterator[Problem]:
        if not self.proxied:
            return
        if self.record_type not in PROXIABLE:
            yield Problem("proxied", f"Cloudflare proxies no {self.record_type} record", "set proxied=False")
        if "." in self.record_name and self.edge_certificate == "universal":
            what = f"Universal SSL does not cover {show(self.record_name)}, which is more than one level below the zone"
            yield Problem("record_name", what, 'choose a name without a dot, or edge_certificate="advanced"')
        if self.target and _S3_WEBSITE.fullmatch(self.target):
            what = f"{show(self.target)} speaks no HTTPS, so Cloudflare can verify nothing"
            yield Problem("target", what, "put CloudFront before the bucket, and name that")

    def _type_rules(self) -> Iterator[Problem]:
        kind = self.record_type
        if kind == "MX" and (self.priority is None or not 0 <= self.priority <= 65535):
            yield Problem("priority", f"{show(self.priority)} is no priority of an MX record", "choose 0 to 65535")
        elif kind != "MX" and self.priority is not None:
            yield Problem("priority", f"{kind} records have none", "remove it")
        if kind == "NS" and self.record_name == "@":
            yield Problem("record_name", "the zone's own NS records are Cloudflare's", "name what is delegated")
        if kind != "CNAME" and self.target is None:
            what = f"a load balancer is reached by CNAME, not by {kind}"
            yield Problem("record_type", what, 'choose "CNAME", or give a target')

    def _target_rules(self) -> Iterator[Problem]:
        kind, target = self.record_type, self.target
        if target is None:
            return
        if kind in ("A", "AAAA"):
            yield from self._address_rules(target)
        elif kind == "TXT":
            if not target.isascii() or '"' in target or "\\" in target or not 1 <= len(target) <= 2048:
                yield Problem("target", f"{show(target)} is no text", 'use 1 to 2048 of ASCII without " and \\')
        elif not dns.TARGET.fullmatch(target):
            remedy = 'write it as "www.example.com", in lower case and without a dot at its end'
            yield Problem("target", f"{show(target)} is no domain name", remedy)
        elif target == self.hostname:
            yield Problem("target", "the record points to itself", "name another target")

    def _address_rules(self, target: str) -> Iterator[Problem]:
        version = 4 if self.record_type == "A" else 6
        try:
            address = IPv4Address(target) if version == 4 else IPv6Address(target)
        except AddressValueError:
            yield Problem("target", f"{show(target)} is no IPv{version} address", f"give one, or no {self.record_type}")
            return
        if self.proxied and not address.is_global:
            yield Problem(
                "target", f"Cloudflare cannot reach {show(target)}", "give a public address, or set proxied=False"
            )

    def _further_rules(self) -> Iterator[Problem]:
        further = self.further_hostnames
        yield from dns.hostname_rules(self.hostname, further, zone=self.zone)
        yield from dns.record_rules(self.zone, self.further_records, self.hostnames_of_zone)
        for index, each in enumerate(further if self.proxied and self.edge_certificate == "universal" else ()):
            zone_name = each.zone_name or self.zone_name
            if each.hostname.removesuffix(zone_name).count(".") > 1:
                what = (
                    f"Universal SSL does not cover {show(each.hostname)}, which is more than one level below the zone"
                )
                remedy = 'choose a name one level below, or edge_certificate="advanced"'
                yield Problem(f"further_hostnames[{index}].hostname", what, remedy)

    def _ttl_rules(self) -> Iterator[Problem]:
        shortest = 30 if self.zone_plan == "enterprise" else 60
        if self.proxied and self.ttl != 1:
            yield Problem("ttl", "Cloudflare chooses the TTL of a proxied record", "remove it")
        elif self.ttl != 1 and not shortest <= self.ttl <= 86400:
            what = f"{show(self.ttl)} seconds are not possible on the plan {self.zone_plan}"
            yield Problem("ttl", what, f"choose 1 for automatic, or {shortest} to 86400")

    def _attribute_rules(self) -> Iterator[Problem]:
        longest = 100 if self.zone_plan == "free" else 500
        if self.comment is not None and not 1 <= len(self.comment) <= longest:
            what = f"got {len(self.comment)} characters"
            yield Problem("comment", what, f"use 1 to {longest}, as the plan {self.zone_plan} allows")
        if self.tags and self.zone_plan == "free":
            yield Problem("tags", "the plan free has none", "remove them")
        if len(self.tags) > 20:
            yield Problem("tags", f"got {len(self.tags)}", "keep to 20")
        for tag in self.tags:
            if not _TAG.fullmatch(tag):
                remedy = 'write it as "team:web", with up to 32 characters before the colon and 100 after it'
                yield Problem("tags", f"{show(tag)} is no tag", remedy)
        if len({tag.lower() for tag in self.tags}) < len(self.tags):
            yield Problem("tags", "one is named twice", "name each once")

    def _cache_rules(self) -> Iterator[Problem]:
        if self.cache_rule is None:
            return
        if not self.proxied:
            what = "Cloudflare caches nothing that it does not proxy"
            yield Problem("cache_rule", what, "set proxied=True, or cache_rule=None")
        shortest = MIN_CACHE_TTL_SECONDS[self.zone_plan]
        for field in ("edge_ttl_seconds", "browser_ttl_seconds"):
            ttl = getattr(self.cache_rule, field)
            if ttl is not None and not shortest <= ttl <= YEAR_SECONDS:
                what = f"{show(ttl)} seconds are not possible on the plan {self.zone_plan}"
                yield Problem(f"cache_rule.{field}", what, f"choose {shortest} to {YEAR_SECONDS}")

    def _firewall_rules(self) -> Iterator[Problem]:
        for field in ("rate_limits", "custom_rules"):
            named = getattr(self, field)
            if named == {}:
                yield Problem(field, "is empty", "name one, or set it to None")
            elif named and not self.proxied:
                what = "Cloudflare sees no requests to what it does not proxy"
                yield Problem(field, what, f"set proxied=True, or {field}=None")
        limits, rules = self.rate_limits or {}, self.custom_rules or {}
        yield from rules_of_zone(self.zone_plan, self.hostnames_of_zone, limits, rules)

    def _origin_pull_rules(self) -> Iterator[Problem]:
        field = "authenticated_origin_pulls"
        if self.authenticated_origin_pulls is None:
            return
        if not self.proxied:
            yield Problem(
                field, "Cloudflare asks no origin of what it does not proxy", "set proxied=True, or remove it"
            )
        if self.target is not None:
            yield Problem(field, "the record does not lead to the load balancer", "remove it, or the target")
        for index, each in enumerate(self.further_hostnames):
            if each.zone_id not in (None, self.zone_id):
                what = f"{show(each.hostname)} is in another zone, which would show no certificate of {self.zone_name}"
                yield Problem(f"further_hostnames[{index}]", what, f"remove it, or {field}")
