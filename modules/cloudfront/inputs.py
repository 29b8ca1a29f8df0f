"""Inputs of an environment without DNS, which is reached by CloudFront's own name."""

from __future__ import annotations

from collections.abc import Iterator

from modules.dns import HostnameInputs, Zone
from modules.validation import Problem, inputs

FORWARDED_PROTO = "CloudFront-Forwarded-Proto"
"""The header that says how a visitor came. X-Forwarded-Proto does not: the load balancer overwrites it with its own.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
"""

CACHE_NOTHING = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""The cache policy CachingDisabled of AWS.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
"""


@inputs
class NoDnsInputs:
    """No domain, for a first trial: HTTPS at the name that CloudFront draws. Unprotected only: docs/dns.md."""

    @property
    def hostname(self) -> str:
        """Empty: nobody knows it before the first deployment."""
        return ""

    @property
    def further_hostnames(self) -> tuple[HostnameInputs, ...]:
        """None: CloudFront draws one name."""
        return ()

    @property
    def zone(self) -> Zone | None:
        """None: no record is made."""
        return None

    @property
    def proxied(self) -> bool:
        """Visitors come through CloudFront, and nobody else reaches the load balancer."""
        return True

    def rules(self) -> Iterator[Problem]:
        yield from ()
