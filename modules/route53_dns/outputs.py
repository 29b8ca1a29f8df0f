"""What others may read of the records in Route 53."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Route53DnsOutputs:
    """The record of the main hostname."""

    fqdn: str
    zone_id: str
    zone_name: str
    url: str

    @classmethod
    def mock(cls) -> Self:
        return cls(
            fqdn="mock.invalid", zone_id="Z00000000000000000000", zone_name="invalid", url="https://mock.invalid"
        )
