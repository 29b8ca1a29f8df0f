"""What other modules read of the prefix list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudflarePrefixListOutputs:
    """The lists, by which a security group names them."""

    prefix_list_id: str
    prefix_list_ipv6_id: str | None
