"""CloudFront: the distribution of an environment without DNS. AWS draws its id, so tags tell environments apart."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls


def describe(scope: Scope) -> Iterator[Statement]:
    """All distributions of the account."""
    if scope.environment.is_behind_cloudfront:
        actions = calls("cloudfront", "GetDistribution ListTagsForResource")
        yield Statement(sid="DescribeDistributions", actions=actions, resources=_distributions(scope))


def change(scope: Scope) -> Iterator[Statement]:
    """A new distribution, and that of this environment."""
    if scope.environment.is_behind_cloudfront:
        distributions = _distributions(scope)
        # No condition tells whose it becomes: the tags that come with it are of the next statement.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
        yield Statement(sid="MakeDistribution", actions=["cloudfront:CreateDistribution"], resources=distributions)
        yield Statement(
            sid="ClaimDistribution",
            actions=["cloudfront:TagResource"],
            resources=distributions,
            condition=scope.claiming(),
        )
        yield Statement(
            sid="Distribution",
            actions=calls("cloudfront", "DeleteDistribution TagResource UntagResource UpdateDistribution"),
            resources=distributions,
            condition=scope.tagged(),
        )


def _distributions(scope: Scope) -> list[str]:
    # CloudFront has no region.
    return [f"arn:aws:cloudfront::{scope.environment.account_id}:distribution/*"]
