"""What others read of the distribution."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudFrontOutputs:
    """The public name of the service."""

    domain_name: str
    """Such as d111111abcdef8.cloudfront.net. It stays as long as the distribution does."""
