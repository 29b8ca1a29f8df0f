"""What other units may read of the certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateOutputs:
    """The certificate that the load balancer shows."""

    certificate_arn: str
    """Known as soon as the certificate is issued, not before: a listener refuses one that is pending."""
    domain_name: str
    """The hostname that it is for."""

    @classmethod
    def mock(cls) -> Self:
        return cls(
            certificate_arn="arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000",
            domain_name="mock.invalid",
        )
