"""Elastic Load Balancing and S3: the trust store by which the load balancer knows Cloudflare, and its certificates."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions import access_logs
from stacks.permissions.scope import Scope, calls, describe_all

_CHANGED = "AddTags CreateTrustStore DeleteTrustStore ModifyTrustStore RemoveTags"


def describe(scope: Scope) -> Iterator[Statement]:
    """How they are configured, and the certificates themselves, which are public."""
    if scope.environment.authenticated_origin_pulls is None:
        return
    yield describe_all(scope, "elasticloadbalancing", "DescribeTags DescribeTrustStoreAssociations DescribeTrustStores")
    yield Statement(
        sid="DescribeTrustStoreBucket", actions=calls("s3", access_logs.DESCRIBED), resources=[_bucket(scope)]
    )
    yield Statement(
        sid="ReadAuthorities", actions=calls("s3", "GetObject GetObjectTagging"), resources=[f"{_bucket(scope)}/*"]
    )


def change(scope: Scope) -> Iterator[Statement]:
    """The same, by the names of the environment."""
    if scope.environment.authenticated_origin_pulls is None:
        return
    # Elastic Load Balancing reads the certificates with the rights of whoever makes the trust store.
    yield Statement(
        sid="TrustStore",
        actions=calls("elasticloadbalancing", _CHANGED),
        resources=[scope.arn("elasticloadbalancing", f"truststore/{scope.prefix}/*")],
    )
    yield Statement(sid="TrustStoreBucket", actions=calls("s3", access_logs.CHANGED), resources=[_bucket(scope)])
    yield Statement(
        sid="Authorities",
        actions=calls("s3", "DeleteObject PutObject PutObjectTagging"),
        resources=[f"{_bucket(scope)}/*"],
    )


def _bucket(scope: Scope) -> str:
    return f"arn:aws:s3:::{scope.prefix}-alb-ca-{scope.environment.account_id}-{scope.environment.region}"
