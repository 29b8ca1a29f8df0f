"""What other units may read of the certificate."""

from __future__ import annotations

from dataclasses import dataclass, fields
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


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestedCertificateOutputs(CertificateOutputs):
    """Of a certificate that somebody else validates."""

    validation_records: list[str]
    """Each as `_3639ac.api.example.com. CNAME _c3abfc.acm-validations.aws.`: known once it is requested, and needed as
    long as ACM is to renew it."""

    @classmethod
    def mock(cls) -> Self:
        return cls(
            **{field.name: getattr(CertificateOutputs.mock(), field.name) for field in fields(CertificateOutputs)},
            validation_records=["_mock.mock.invalid. CNAME _mock.acm-validations.aws."],
        )
