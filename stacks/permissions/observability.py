"""CloudWatch and EventBridge: alarms, the dashboard, saved queries, and rules that tell the topics."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls, describe_all

_ALARMS = "DeleteAlarms PutMetricAlarm TagResource UntagResource"
_RULES = "DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource"


def describe(scope: Scope) -> Iterator[Statement]:
    """How they are configured."""
    yield from _describe_alarms(scope)
    if scope.environment.observability is None:
        return
    yield describe_all(scope, "logs", "DescribeQueryDefinitions")
    yield Statement(sid="ReadDashboard", actions=calls("cloudwatch", "GetDashboard"), resources=_dashboards(scope))
    yield Statement(
        sid="DescribeRules",
        actions=calls("events", "DescribeRule ListTagsForResource ListTargetsByRule"),
        resources=_rules(scope),
    )


def change(scope: Scope) -> Iterator[Statement]:
    """The same, by the names of the environment."""
    if _has_alarms(scope):
        yield Statement(sid="Alarms", actions=calls("cloudwatch", _ALARMS), resources=_alarms(scope))
    if scope.environment.observability is None:
        return
    yield Statement(
        sid="Dashboard", actions=calls("cloudwatch", "DeleteDashboards PutDashboard"), resources=_dashboards(scope)
    )
    # CloudWatch takes no narrower resource, since the rule of a composite alarm may name any alarm:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    yield Statement(
        sid="CompositeAlarms",
        actions=calls("cloudwatch", "PutCompositeAlarm"),
        resources=["*"],
        condition={"StringEquals": {"aws:RequestedRegion": scope.environment.region}},
    )
    yield Statement(sid="Rules", actions=calls("events", _RULES), resources=_rules(scope))
    # AWS knows no resource for these. They read nothing: whoever runs a query needs more.
    yield Statement(
        sid="SavedQueries", actions=calls("logs", "DeleteQueryDefinition PutQueryDefinition"), resources=["*"]
    )


def _describe_alarms(scope: Scope) -> Iterator[Statement]:
    if not _has_alarms(scope):
        return
    # To list those of a name is to list: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    yield describe_all(scope, "cloudwatch", "DescribeAlarms")
    yield Statement(
        sid="DescribeAlarmTags", actions=calls("cloudwatch", "ListTagsForResource"), resources=_alarms(scope)
    )


def _has_alarms(scope: Scope) -> bool:
    """Whether the environment has some, of either unit."""
    service = scope.environment.django_service
    return bool(scope.environment.observability or service.deployment_alarms or service.has_scaling_alarms)


def _alarms(scope: Scope) -> list[str]:
    return [scope.arn("cloudwatch", f"alarm:{scope.prefix}-*")]


def _dashboards(scope: Scope) -> list[str]:
    # A dashboard has no region.
    return [f"arn:aws:cloudwatch::{scope.environment.account_id}:dashboard/{scope.prefix}"]


def _rules(scope: Scope) -> list[str]:
    return [scope.arn("events", f"rule/{scope.prefix}-*")]
