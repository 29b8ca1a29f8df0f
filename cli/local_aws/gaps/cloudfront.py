"""CloudFront: answers without what a distribution does not have."""

from __future__ import annotations

from typing import Any

from moto.cloudfront.models import DefaultCacheBehaviour, ViewerCertificate

from cli.local_aws.gaps.patch import around


@around(DefaultCacheBehaviour, "__init__")
def _behaviour(original: Any, self: Any, config: dict[str, Any]) -> None:
    """Moto makes up forwarded values beside a cache policy, which takes their place, and each plan would drop them."""
    original(self, config)
    if config.get("CachePolicyId"):
        self.forwarded_values = None


@around(ViewerCertificate, "__init__")
def _certificate(original: Any, self: Any, config: dict[str, Any]) -> None:
    """Moto has a support method for CloudFront's own certificate too, which has none."""
    original(self, config)
    self.ssl_support_method = config.get("SSLSupportMethod")
