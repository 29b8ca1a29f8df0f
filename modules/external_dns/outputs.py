"""What is to be made by whoever has the DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class ExternalDnsOutputs:
    """The records that lead to the load balancer."""

    records: list[str]
    """Each as `api.example.com CNAME <the load balancer's name>`."""
    validation_records: list[str]
    """Those by which ACM validates the certificates of further hostnames, in the same form."""
    fqdn: str
    url: str

    @classmethod
    def mock(cls) -> Self:
        record = "mock.invalid CNAME mock-0000000000.us-east-1.elb.amazonaws.com"
        return cls(records=[record], validation_records=[], fqdn="mock.invalid", url="https://mock.invalid")
