"""What other modules read of the prefix list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudflarePrefixListOutputs:
    """The list, by which a security group names it."""

    prefix_list_id: str
