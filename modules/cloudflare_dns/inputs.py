"""Inputs of the DNS record and of its zone at Cloudflare."""

from __future__ import annotations

from modules.validation import inputs


@inputs
class CloudflareDnsInputs:
    zone_id: str
    zone_name: str
    record_name: str
    proxied: bool = True

    @property
    def hostname(self) -> str:
        return self.zone_name if self.record_name == "@" else f"{self.record_name}.{self.zone_name}"
