"""What other units may read of the DNS record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudflareDnsOutputs:
    """The record, as Cloudflare has it."""

    record_id: str
    record_name: str
    """Within the zone, as in the inputs."""
    fqdn: str
    record_type: str
    content: str
    """What the record points to."""
    proxied: str
    """"true" or "false", which Terraform converts to a bool by itself; so is the next."""
    proxiable: str
    zone_name: str
    url: str

    @classmethod
    def mock(cls) -> Self:
        return cls(
            record_id="0" * 32,
            record_name="mock",
            fqdn="mock.invalid",
            record_type="CNAME",
            content="mock-0000000000.us-east-1.elb.amazonaws.com",
            proxied="true",
            proxiable="true",
            zone_name="invalid",
            url="https://mock.invalid",
        )
