"""The ranges from which Cloudflare calls an origin: dated data that `python -m cli ip-ranges` refreshes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self

FILE = Path(__file__).with_name("ranges.json")

# A rule of a security group counts a prefix list by its maximum, not by its entries, and a group holds 60 rules by
# AWS's default quota. The load balancer opens two ports to the list, so 20 take 40 of them; Cloudflare publishes 15.
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
MAX_ENTRIES = 20

# What nobody calls from over the internet. https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_DOCUMENTATION = IPv6Network("2001:db8::/32")


class WrongRanges(ValueError):
    """Ranges that cannot be Cloudflare's. Its text is one line without a remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudflareRanges:
    """Cloudflare's published ranges, sorted by address."""

    source: str
    updated: date
    """When they were last compared with what Cloudflare publishes."""
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        data = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            source=data["source"],
            updated=date.fromisoformat(data["updated"]),
            ipv4=ranges(4, data["ipv4"]),
            ipv6=ranges(6, data["ipv6"]),
        )

    def text(self) -> str:
        """As the file holds them."""
        data = {
            "source": self.source,
            "updated": self.updated.isoformat(),
            "ipv4": list(self.ipv4),
            "ipv6": list(self.ipv6),
        }
        return json.dumps(data, indent=2) + "\n"


@cache
def published() -> CloudflareRanges:
    """The ranges of this project's data file."""
    return CloudflareRanges.read()


def ranges(version: int, blocks: list[str]) -> tuple[str, ...]:
    """These blocks, each a public network of that IP version, sorted. Raises WrongRanges.

    They open the load balancer: a list that is not Cloudflare's must not get in.
    """
    networks = [_network(version, block) for block in blocks]
    if not 1 <= len(networks) <= MAX_ENTRIES:
        raise WrongRanges(f"{len(networks)} IPv{version} ranges are not 1 to {MAX_ENTRIES}")
    return tuple(str(network) for network in sorted(set(networks)))


def _network(version: int, block: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(block)
    except ValueError:
        raise WrongRanges(f"{block[:40]!a} is no IP range") from None
    if isinstance(network, IPv4Network):
        public = network.prefixlen >= 8 and not any(network.overlaps(special) for special in _SPECIAL)
    else:
        public = network.prefixlen >= 16 and network.subnet_of(_GLOBAL_UNICAST) and not network.overlaps(_DOCUMENTATION)
    if network.version != version:
        raise WrongRanges(f"{network} is no IPv{version} range")
    if not public:
        raise WrongRanges(f"{network} is no public range")
    return network
