"""ECS: the cluster, its services and tasks, and their autoscaling."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls, describe_all

_DESCRIBED = """
    DescribeClusters DescribeServiceDeployments DescribeServiceRevisions DescribeServices DescribeTasks
    ListServiceDeployments ListTagsForResource
"""
_CHANGED = """
    CreateCluster CreateService DeleteCluster DeleteService PutClusterCapacityProviders RegisterTaskDefinition
    TagResource UntagResource UpdateCluster UpdateClusterSettings UpdateService
"""
_SCALABLE_TARGETS = """
    DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy RegisterScalableTarget TagResource UntagResource
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """The environment's cluster and what runs there."""
    yield describe_all("ecs", "DescribeTaskDefinition ListTaskDefinitions")
    yield describe_all("application-autoscaling", "DescribeScalableTargets DescribeScalingPolicies")
    cluster = scope.arn("ecs", f"cluster/{scope.prefix}")
    in_the_cluster = ("service", "task", "service-deployment", "service-revision")
    yield Statement(
        sid="DescribeContainers",
        actions=calls("ecs", _DESCRIBED),
        resources=[
            cluster,
            *(scope.arn("ecs", f"{kind}/{scope.prefix}/*") for kind in in_the_cluster),
            scope.arn("ecs", f"task-definition/{scope.prefix}-*:*"),
        ],
    )
    yield Statement(
        sid="ListTasks",
        actions=["ecs:ListTasks"],
        resources=["*"],
        condition={"ArnEquals": {"ecs:cluster": cluster}},
    )
    yield Statement(
        sid="DescribeAutoscaling",
        actions=["application-autoscaling:ListTagsForResource"],
        resources=_scalable_targets(scope),
    )


def change(scope: Scope) -> Iterator[Statement]:
    """The cluster, its services, their task definitions and their autoscaling."""
    cluster = scope.arn("ecs", f"cluster/{scope.prefix}")
    definitions = scope.arn("ecs", f"task-definition/{scope.prefix}-*")
    services = scope.arn("ecs", f"service/{scope.prefix}/{scope.prefix}-*")
    yield Statement(sid="Containers", actions=calls("ecs", _CHANGED), resources=[cluster, services, definitions])
    # AWS knows no resource for this one.
    yield Statement(sid="DeregisterTaskDefinitions", actions=["ecs:DeregisterTaskDefinition"], resources=["*"])
    yield Statement(
        sid="OneOffTasks",
        actions=["ecs:RunTask"],
        resources=[definitions],
        condition={"ArnEquals": {"ecs:cluster": cluster}},
    )
    yield Statement(sid="StopTasks", actions=["ecs:StopTask"], resources=[scope.arn("ecs", f"task/{scope.prefix}/*")])
    # To change a target is to register it again, and the provider gives no tags then.
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    yield Statement(
        sid="MakeScalableTargets",
        actions=calls("application-autoscaling", "RegisterScalableTarget TagResource"),
        resources=_scalable_targets(scope),
        condition=scope.claiming(),
    )
    yield Statement(
        sid="ScalableTargets",
        actions=calls("application-autoscaling", _SCALABLE_TARGETS),
        resources=_scalable_targets(scope),
        condition=scope.tagged(),
    )
    yield Statement(
        sid="AlarmsOfAutoscaling",
        actions=calls("cloudwatch", "DeleteAlarms PutMetricAlarm"),
        resources=[scope.arn("cloudwatch", f"alarm:TargetTracking-service/{scope.prefix}/*")],
    )
    # AWS lists all alarms to find these.
    # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
    yield Statement(sid="DescribeAlarms", actions=["cloudwatch:DescribeAlarms"], resources=["*"])


def _scalable_targets(scope: Scope) -> list[str]:
    # AWS draws their ids.
    return [scope.arn("application-autoscaling", "scalable-target/*")]
