"""Certificate Manager: the certificate of the load balancer. AWS draws its id, so tags tell environments apart."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

_CHANGED = "AddTagsToCertificate DeleteCertificate RemoveTagsFromCertificate UpdateCertificateOptions"


def describe(scope: Scope) -> Iterator[Statement]:
    """All certificates of the region, which are public by their nature."""
    yield Statement(
        sid="DescribeCertificates",
        actions=calls("acm", "DescribeCertificate ListTagsForCertificate"),
        resources=_certificates(scope),
    )


def change(scope: Scope) -> Iterator[Statement]:
    """A new certificate, and those of this environment."""
    yield Statement(
        sid="MakeCertificate",
        actions=calls("acm", "AddTagsToCertificate RequestCertificate"),
        resources=_certificates(scope),
        condition=scope.claiming(),
    )
    yield Statement(
        sid="Certificate",
        actions=calls("acm", _CHANGED),
        resources=_certificates(scope),
        condition=scope.tagged(),
    )


def _certificates(scope: Scope) -> list[str]:
    return [scope.arn("acm", "certificate/*")]
