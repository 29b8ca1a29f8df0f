"""What all kinds of DNS share: the zone that records are made in, further hostnames and further records as data."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import ClassVar, Literal

from modules import rules
from modules.validation import Problem, inputs, show

Provider = Literal["cloudflare", "route53"]

ZONE_IDS: Mapping[Provider, tuple[re.Pattern[str], str]] = {
    "cloudflare": (re.compile(r"[0-9a-f]{32}"), "copy its 32 digits of 0-9 and a-f from the zone's overview"),
    # https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
    "route53": (re.compile(r"Z[A-Z0-9]{1,31}"), 'give the id of a hosted zone, as "Z0123456789ABCDEFGHIJ"'),
}

# The target of a CNAME may have the underscores of validation records.
TARGET = re.compile(r"(?=.{4,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
# Within a zone: labels that may begin with an underscore, as _dmarc, after a wildcard or not.
_NAME = re.compile(
    r"(?=.{1,190}\Z)(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*)"
)
_MX = re.compile(r"([0-9]{1,5}) (\S+)")
_SRV = re.compile(r"((?:(?:0|[1-9][0-9]{0,4}) ){3})(\S+)")
# https://www.rfc-editor.org/rfc/rfc8659#section-4
_CAA = re.compile(r"(0|[1-9][0-9]{0,2}) ([a-z0-9]{1,15}) ([!#-\[\]-~]+(?: [!#-\[\]-~]+)*)")
# https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
_AMAZON = {"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
_CRITICAL, _TAGS = 128, ("issue", "issuewild", "iodef")
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecord.html
LONGEST_VALUE = 4_000 - len('""')
NULL_MX = "0 ."
"""No mail is taken: https://www.rfc-editor.org/rfc/rfc7505"""
# What a web service is reached by.
ADDRESSES = ("A", "AAAA", "CNAME")
HOSTNAME = "hostname"
"""Stands beside the types of records for what leads to the load balancer: an alias, or a CNAME."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone:
    """A zone, and whose API has it."""

    provider: Provider
    id: str
    name: str


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
HOSTS_PER_REDIRECT = 3
"""How many hostnames one rule of the load balancer redirects: a rule may have five values, but a condition three."""


@inputs
class HostnameInputs:
    """Another name of the service, with a record and a certificate of its own.

    The certificate is the listener's beside the main one, by SNI, so that a name comes and goes without replacing what
    the others use.
    """

    hostname: str
    """In full: "www.example.com"."""
    redirect: bool = False
    """Whether the load balancer redirects to the main hostname (301), with path and query. Without it Django answers,
    and allows the name."""
    zone_id: str | None = None
    """None: the zone of the main hostname."""
    zone_name: str | None = None
    """With zone_id: the name of that zone, which the hostname is in."""

    def rules(self) -> Iterator[Problem]:
        if not rules.domain_name(self.hostname):
            remedy = 'write it as "www.example.com", in lower case and Punycode'
            yield Problem("hostname", f"{show(self.hostname)} is not a domain name", remedy)
        if (self.zone_id is None) != (self.zone_name is None):
            missing = "zone_id" if self.zone_id is None else "zone_name"
            yield Problem(missing, "is missing", "give both zone_id and zone_name, or neither")
        elif self.zone_name is not None and not within(self.hostname, self.zone_name):
            what = f"{show(self.hostname)} is not in the zone {show(self.zone_name)}"
            yield Problem("hostname", what, "correct one of them")


@inputs
class DnsRecordInputs:
    """A further record in the zone of the main hostname, which does not lead to the load balancer."""

    LITERAL: ClassVar = ("values",)  # SPF has macros, as %{i}: https://www.rfc-editor.org/rfc/rfc7208#section-7

    name: str
    """Within the zone, "@" for the zone itself: "_dmarc" makes _dmarc.example.com."""
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"]
    """Cloudflare proxies none of them. CAA and SRV are for Route 53 alone."""
    values: tuple[str, ...]
    """As in a zone file, but without a dot at the end of names and without quotes: ("10 mail.example.com",),
    ("0 issue amazon.com",), or ("10 5 5060 sip.example.com",)."""
    ttl: int = 300
    """In seconds, 60 to 86400."""

    def fqdn(self, zone_name: str) -> str:
        """The full name in a zone."""
        return full_name(self.name, zone_name)

    def rules(self) -> Iterator[Problem]:
        if self.name != "@" and not _NAME.fullmatch(self.name):
            yield Problem("name", f"{show(self.name)} is not a name within a zone", 'write it as "_dmarc", or "@"')
        if self.type == "NS" and self.name == "@":
            yield Problem("name", "the zone's own NS records are made with it", "name what is delegated")
        if not self.values:
            yield Problem("values", "there is none", "give one or more")
        if len({_canonical(self.type, value) for value in self.values}) < len(self.values):
            yield Problem("values", "one is given twice", "give each once")
        if self.type == "CNAME" and len(self.values) > 1:
            yield Problem("values", "a CNAME has one target", "give one")
        if len(self.values) > 1 and (what := _alone(self.type, self.values)):
            yield Problem("values", what, "remove it, or the others")
        for value in self.values:
            if wrong := _wrong_value(self.type, value):
                yield Problem("values", f"{show(value)} is not {wrong[0]}", wrong[1])
        if not 60 <= self.ttl <= 86400:
            yield Problem("ttl", f"got {show(self.ttl)}", "choose 60 to 86400")


def _alone(kind: str, values: Collection[str]) -> str | None:
    """What is wrong with a value that goes with no other."""
    if NULL_MX in values:
        return f"{show(NULL_MX)} is alone, and says that no mail is taken"
    # https://www.rfc-editor.org/rfc/rfc2782
    found = [value for value in values if kind == "SRV" and value.endswith(" .")]
    return f"{show(found[0])} is alone, and says that there is no such service" if found else None


def _wrong_value(kind: str, value: str) -> tuple[str, str] | None:
    """What a value of a record is not, and what to write; None where it is right."""
    if kind in ("A", "AAAA"):
        # Python reads a zone index too, as in fe80::1%eth0.
        is_address = "%" not in value and _canonical(kind, value) is not value
        return None if is_address else (f"an IPv{4 if kind == 'A' else 6} address", "give one")
    if kind == "TXT":
        is_text = value.isascii() and '"' not in value and "\\" not in value and 1 <= len(value) <= 2048
        return None if is_text else ("a text", 'use 1 to 2048 of ASCII without " and \\')
    if kind == "MX":
        found = _MX.fullmatch(value)
        is_right = found is not None and int(found[1]) <= 65535 and TARGET.fullmatch(found[2])
        return None if is_right or value == NULL_MX else ("a priority and a name", 'write it as "10 mail.example.com"')
    if kind == "SRV":
        remedy = 'write it as "10 5 5060 sip.example.com"'
        return None if _is_srv(value) else ("a priority, a weight, a port and a name", remedy)
    if kind == "CAA":
        found = _CAA.fullmatch(value)
        remedy = 'write it as "0 issue amazon.com", without quotes'
        if len(value) > LONGEST_VALUE:
            return f"{LONGEST_VALUE:,} characters or fewer", "shorten it"
        return None if found and int(found[1]) <= 255 else ("flags, a tag and a value", remedy)
    remedy = 'write it as "www.example.com", in lower case and without a dot at its end'
    return None if TARGET.fullmatch(value) else ("a domain name", remedy)


def _is_srv(value: str) -> bool:
    found = _SRV.fullmatch(value)
    if not found or any(int(number) > 65535 for number in found[1].split()):
        return False
    return found[2] == "." or TARGET.fullmatch(found[2]) is not None


def _canonical(kind: str, value: str) -> object:
    """What is the same for all ways to write a value; the value itself where it is wrong, or has one way."""
    if kind == "MX" and (found := _MX.fullmatch(value)):
        return int(found[1]), found[2]
    with contextlib.suppress(AddressValueError):
        if kind in ("A", "AAAA"):
            return IPv4Address(value) if kind == "A" else IPv6Address(value)
    return value


def caa(value: str) -> tuple[str, str, str]:
    """The flags, the tag and the value of a CAA record that the rules accept."""
    flags, tag, rest = value.split(" ", 2)
    return flags, tag, rest


def full_name(name: str, zone_name: str) -> str:
    """The name of a record in a zone, in full."""
    return zone_name if name == "@" else f"{name}.{zone_name}"


def within(hostname: str, zone_name: str) -> bool:
    """Whether a name is in a zone."""
    return hostname == zone_name or hostname.endswith(f".{zone_name}")


def name_rules(zone: Zone, record_name: str) -> Iterator[Problem]:
    """The id and the name of a zone, and the name of the service's record in it."""
    form, remedy = ZONE_IDS[zone.provider]
    if not form.fullmatch(zone.id):
        yield Problem("zone_id", f"{show(zone.id)} is not a zone id", remedy)
    hostname = full_name(record_name, zone.name)
    if not rules.domain_name(zone.name):
        remedy = 'write it as "example.com", in lower case and Punycode'
        yield Problem("zone_name", f"{show(zone.name)} is not a domain name", remedy)
    elif within(record_name, zone.name):
        yield Problem("record_name", f"{show(record_name)} repeats the zone", 'write it as "api", or "@" for the zone')
    elif not rules.domain_name(hostname):
        remedy = 'write it as "api", in lower case, or "@" for the zone'
        yield Problem("record_name", f"{show(hostname)} is not a domain name", remedy)


def hostname_rules(hostname: str, further: Collection[HostnameInputs], *, zone: Zone | None) -> Iterator[Problem]:
    """Further hostnames beside the main one, each in its own zone or in that of the main one."""
    seen, zones = {hostname}, {zone.id: zone.name} if zone else {}
    for index, each in enumerate(further):
        field = f"further_hostnames[{index}]"
        if each.hostname in seen:
            yield Problem(f"{field}.hostname", f"{show(each.hostname)} is a hostname already", "name each once")
        seen.add(each.hostname)
        if zone is None:
            if each.zone_id is not None:
                yield Problem(f"{field}.zone_id", "no records are made here", "remove zone_id and zone_name")
        elif each.zone_id is None:
            if not within(each.hostname, zone.name):
                what = f"{show(each.hostname)} is not in the zone {show(zone.name)}"
                yield Problem(f"{field}.hostname", what, "give its zone by zone_id and zone_name")
        elif not ZONE_IDS[zone.provider][0].fullmatch(each.zone_id):
            yield Problem(f"{field}.zone_id", f"{show(each.zone_id)} is not a zone id", ZONE_IDS[zone.provider][1])
        elif each.zone_name and (name := zones.setdefault(each.zone_id, each.zone_name)) != each.zone_name:
            yield Problem(f"{field}.zone_id", f"{show(each.zone_id)} is that of the zone {show(name)}", "correct one")


def record_rules(zone: Zone, records: Collection[DnsRecordInputs], hostnames: Collection[str]) -> Iterator[Problem]:
    """Further records beside each other, and beside the hostnames."""
    seen: dict[str, set[str]] = {name: {HOSTNAME} for name in hostnames}
    for index, record in enumerate(records):
        field, name = f"further_records[{index}]", record.fqdn(zone.name)
        others = seen.setdefault(name, set())
        flattened = zone.provider == "cloudflare" and name == zone.name
        met = {each for each in others if clash(record.type, each, flattened=flattened)}
        if record.type in ("CAA", "SRV") and zone.provider == "cloudflare":
            what = f"Cloudflare's provider takes {record.type} in a form of its own"
            yield Problem(f"{field}.type", what, "make the record by hand, which no plan removes")
        elif within(record.name, zone.name):
            right = record.name.removesuffix(zone.name).rstrip(".") or "@"
            yield Problem(f"{field}.name", f"{show(record.name)} repeats the zone", f'write it as "{right}"')
        elif HOSTNAME in met:
            yield Problem(f"{field}.name", f"{show(name)} leads to the load balancer", "choose another name")
        elif record.type in met:
            what = f"{record.type} of {show(name)} is there already"
            yield Problem(f"{field}.name", what, "give all values in one entry")
        elif met:
            yield Problem(f"{field}.name", f"a CNAME of {show(name)} is alone or not at all", "choose another name")
        elif record.type == "CNAME" and record.name == "@" and zone.provider == "route53":
            what = "Route 53 has no CNAME of the zone's own name"
            yield Problem(f"{field}.name", what, "give its addresses as A and AAAA")
        elif record.type == "CNAME" and name in record.values:
            yield Problem(f"{field}.values", f"{show(name)} leads to itself", "give another target")
        others.add(record.type)
    below = [name for name in hostnames if "NS" not in seen[name]]  # at its own name it clashes
    yield from delegation_rules(zone.name, records, below)


def delegation_rules(zone_name: str, records: Collection[DnsRecordInputs], names: Collection[str]) -> Iterator[Problem]:
    """NS records that hide one of these names, or another record: what is there is asked of other name servers.

    https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1
    """
    for index, record in enumerate(records):
        if record.type != "NS":
            continue
        delegated = record.fqdn(zone_name)
        others = [
            other.fqdn(zone_name)
            for other in records
            if not (other.name == record.name and clash(other.type, "NS", flattened=False))
            # The addresses of the other name servers are beside their names.
            and not (other.type in ("A", "AAAA") and other.fqdn(zone_name) in record.values)
        ]
        hidden = [name for name in (*names, *others) if within(name.removeprefix("*."), delegated)]
        for name in hidden[:1]:
            what = f"NS of {show(delegated)} hides {show(name)}, which other name servers are asked for then"
            yield Problem(f"further_records[{index}].name", what, "choose another name for one of them")


def issue_rules(zone_name: str, records: Collection[DnsRecordInputs], names: Collection[str]) -> Iterator[Problem]:
    """CAA records that keep ACM from issuing a certificate of these names."""
    for index, name, remedy in not_issued(zone_name, records, names):
        what = f"ACM may then issue no certificate of {show(name)}"
        yield Problem(f"further_records[{index}].values", what, remedy)


def not_issued(
    zone_name: str, records: Collection[DnsRecordInputs], names: Collection[str]
) -> Iterator[tuple[int, str, str]]:
    """The index of each such record, the name and what to do: the records of the nearest name that has any decide.

    https://www.rfc-editor.org/rfc/rfc8659#section-3
    """
    found = {record.fqdn(zone_name): (index, record) for index, record in enumerate(records) if record.type == "CAA"}
    for name in names:
        above = [each for each in found if within(name.removeprefix("*."), each)]
        if not above:
            continue
        index, record = found[max(above, key=len)]
        if remedy := _issue_remedy(record.values, is_wildcard=name.startswith("*.")):
            yield index, name, remedy


def _issue_remedy(values: Collection[str], *, is_wildcard: bool) -> str | None:
    """What to change in CAA values so that ACM issues; None where it does."""
    issuers: dict[str, set[str]] = {}
    for flags, tag, rest in map(caa, values):
        if int(flags) & _CRITICAL and tag not in _TAGS:
            return f'write "{int(flags) - _CRITICAL} {tag} {rest}": no CA issues where it does not know a critical tag'
        issuers.setdefault(tag, set()).add(rest.partition(";")[0].strip())
    tag = "issuewild" if is_wildcard and "issuewild" in issuers else "issue"
    return f'add "0 {tag} amazon.com"' if tag in issuers and not issuers[tag] & _AMAZON else None


def clash(one: str, other: str, *, flattened: bool) -> bool:
    """Whether records of these two types, or HOSTNAME, cannot be at one name.

    `flattened`: whether it is the name of a zone at Cloudflare, which answers with the addresses of a CNAME there.
    https://www.rfc-editor.org/rfc/rfc1034#section-3.6.2
    """
    kinds = {one, other}
    if HOSTNAME in kinds:
        return not kinds.isdisjoint({*ADDRESSES, "NS"})
    return one == other or ("CNAME" in kinds and not (flattened and kinds.isdisjoint({"A", "AAAA", "NS"})))


def line(name: str, kind: str, value: str) -> str:
    """A record as somebody who makes it by hand reads it."""
    return f"{name} {kind} {value}"
