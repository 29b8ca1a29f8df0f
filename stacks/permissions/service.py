"""ECS: the cluster, its services and tasks, and their autoscaling."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Condition, Statement
from modules.network.inputs import ExistingNetworkInputs
from stacks.permissions.scope import Scope, calls, describe_all

_DESCRIBED = """
    DescribeClusters DescribeServiceDeployments DescribeServiceRevisions DescribeServices DescribeTasks
    ListServiceDeployments ListTagsForResource
"""
_CHANGED = """
    CreateCluster DeleteCluster DeleteService PutClusterCapacityProviders RegisterTaskDefinition TagResource
    UntagResource UpdateCluster UpdateClusterSettings
"""
_SCALABLE_TARGETS = """
    DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy RegisterScalableTarget TagResource UntagResource
"""

_SCHEDULED_ACTIONS = "DeleteScheduledAction PutScheduledAction"


def describe(scope: Scope) -> Iterator[Statement]:
    """The environment's cluster and what runs there."""
    yield describe_all(scope, "ecs", "DescribeTaskDefinition ListTaskDefinitions")
    scheduled = " DescribeScheduledActions" if scope.environment.django_service.has_scaling_schedules else ""
    described = f"DescribeScalableTargets DescribeScalingPolicies{scheduled}"
    yield describe_all(scope, "application-autoscaling", described)
    cluster = _cluster(scope)
    in_the_cluster = ("service", "task", "service-deployment", "service-revision")
    yield Statement(
        sid="DescribeContainers",
        actions=calls("ecs", _DESCRIBED),
        resources=[
            cluster,
            *(scope.arn("ecs", f"{kind}/{_of_ours(scope, kind)}") for kind in in_the_cluster),
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
    cluster, is_shared = _cluster(scope), _is_shared(scope)
    definitions = scope.arn("ecs", f"task-definition/{scope.prefix}-*")
    services = scope.arn("ecs", f"service/{scope.environment.cluster_name}/{scope.prefix}-*")
    changed = [call for call in calls("ecs", _CHANGED) if not (is_shared and "Cluster" in call)]
    changed_here = [*([] if is_shared else [cluster]), services, definitions]
    yield Statement(sid="Containers", actions=changed, resources=changed_here)
    yield Statement(
        sid="Services",
        actions=calls("ecs", "CreateService UpdateService"),
        resources=[services],
        condition=_placed(scope),
    )
    # AWS knows no resource for this one.
    yield Statement(sid="DeregisterTaskDefinitions", actions=["ecs:DeregisterTaskDefinition"], resources=["*"])
    yield Statement(
        sid="OneOffTasks",
        actions=["ecs:RunTask"],
        resources=[definitions],
        condition={"ArnEquals": {"ecs:cluster": cluster}},
    )
    tasks = scope.arn("ecs", f"task/{scope.environment.cluster_name}/*")
    if is_shared:
        # One-off tasks get the tags of their definition, by which they are told from those of others.
        at_start = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
        yield Statement(sid="TagTasks", actions=["ecs:TagResource"], resources=[tasks], condition=at_start)
    yield Statement(
        sid="StopTasks",
        actions=["ecs:StopTask"],
        resources=[tasks],
        condition=scope.tagged() if is_shared else None,
    )
    # To change a target is to register it again, and the provider gives no tags then.
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    yield Statement(
        sid="MakeScalableTargets",
        actions=calls("application-autoscaling", "RegisterScalableTarget TagResource"),
        resources=_scalable_targets(scope),
        condition=scope.claiming(),
    )
    scheduled = _SCHEDULED_ACTIONS if scope.environment.django_service.has_scaling_schedules else ""
    yield Statement(
        sid="ScalableTargets",
        actions=calls("application-autoscaling", f"{_SCALABLE_TARGETS} {scheduled}"),
        resources=_scalable_targets(scope),
        condition=scope.tagged(),
    )
    yield Statement(
        sid="AlarmsOfAutoscaling",
        actions=calls("cloudwatch", "DeleteAlarms PutMetricAlarm"),
        resources=[scope.arn("cloudwatch", f"alarm:TargetTracking-service/{_of_ours(scope, 'service')}")],
    )
    # AWS lists all alarms to find these.
    # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
    yield Statement(sid="DescribeAlarms", actions=["cloudwatch:DescribeAlarms"], resources=["*"])


def _cluster(scope: Scope) -> str:
    return scope.arn("ecs", f"cluster/{scope.environment.cluster_name}")


def _is_shared(scope: Scope) -> bool:
    """Whether others may have services in the cluster too."""
    return scope.environment.django_service.cluster.existing is not None


def _placed(scope: Scope) -> Condition:
    """Services start no task with a public address, nor in subnets of others where the environment names its own.

    An update without a network configuration has neither key, and the subnets that AWS draws are not known here. For
    one-off tasks AWS knows neither: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    network = scope.environment.network
    subnets = network.private_subnet_ids if isinstance(network, ExistingNetworkInputs) else ()
    return {
        "StringEqualsIfExists": {"ecs:auto-assign-public-ip": "false"},
        **({"ForAllValues:StringEquals": {"ecs:subnet": list(subnets)}} if subnets else {}),
    }


def _of_ours(scope: Scope, kind: str) -> str:
    """What is in the cluster, or that of our services where it is shared; the names of tasks do not tell."""
    name = scope.environment.cluster_name
    return f"{name}/{scope.prefix}-*" if _is_shared(scope) and kind != "task" else f"{name}/*"


def _scalable_targets(scope: Scope) -> list[str]:
    # AWS draws their ids.
    return [scope.arn("application-autoscaling", "scalable-target/*")]
