"""CloudWatch Logs: the log groups of all units."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls, describe_all

_CHANGED = """
    AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy
    TagResource UntagResource
"""
_DELIVERY = """
    CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies GetLogDelivery ListLogDeliveries PutResourcePolicy
    UpdateLogDelivery
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """How log groups are configured, and not what is in them."""
    yield describe_all(scope, "logs", "DescribeLogGroups")
    yield Statement(sid="DescribeLogs", actions=["logs:ListTagsForResource"], resources=scope.log_groups())


def change(scope: Scope) -> Iterator[Statement]:
    """The environment's log groups, and what its tasks write."""
    yield Statement(sid="LogGroups", actions=calls("logs", _CHANGED), resources=scope.log_groups())
    # What a migration says when it fails.
    yield Statement(
        sid="LogsOfTasks",
        actions=calls("logs", "DescribeLogStreams FilterLogEvents GetLogEvents"),
        resources=[scope.arn("logs", f"log-group:/ecs/{scope.prefix}/*"), *scope.given_log_groups()],
    )
    # AWS knows no resource for these, by which Redis and flow logs get to their log groups.
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html
    yield Statement(sid="LogDelivery", actions=calls("logs", _DELIVERY), resources=["*"])
