"""Elastic Load Balancing: the load balancer and its target groups."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls, describe_all

_DESCRIBED = """
    DescribeCapacityReservation DescribeListenerAttributes DescribeListenerCertificates DescribeListeners
    DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeTags DescribeTargetGroupAttributes
    DescribeTargetGroups DescribeTargetHealth
"""
_CHANGED = """
    AddTags CreateListener CreateLoadBalancer DeleteListener DeleteLoadBalancer ModifyListener ModifyListenerAttributes
    ModifyLoadBalancerAttributes RemoveTags SetIpAddressType SetSecurityGroups SetSubnets
"""
# What the listener has for further hostnames: certificates and redirects.
_OF_HOSTNAMES = """
    AddListenerCertificates AddTags CreateRule DeleteRule ModifyRule RemoveListenerCertificates RemoveTags
    SetRulePriorities
"""
_OF_ROUTES = "AddTags CreateRule DeleteRule ModifyRule RemoveTags SetRulePriorities"
_TARGET_GROUPS = "AddTags DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags"


def describe(scope: Scope) -> Iterator[Statement]:
    """All load balancers, and the health of their targets."""
    yield describe_all(scope, "elasticloadbalancing", _DESCRIBED)


def change(scope: Scope) -> Iterator[Statement]:
    """The environment's load balancer, its listeners and its target groups."""
    name = scope.environment.load_balancer_name
    yield Statement(
        sid="LoadBalancer",
        actions=calls("elasticloadbalancing", _CHANGED),
        resources=[
            scope.arn("elasticloadbalancing", f"loadbalancer/app/{name}/*"),
            scope.arn("elasticloadbalancing", f"listener/app/{name}/*"),
        ],
    )
    for sid, actions, is_needed in (
        ("FurtherHostnames", _OF_HOSTNAMES, scope.environment.further_hostnames),
        ("Routes", _OF_ROUTES, scope.environment.django_service.further_webs),
    ):
        if is_needed:
            kinds = ("listener", "listener-rule")
            resources = [scope.arn("elasticloadbalancing", f"{kind}/app/{name}/*") for kind in kinds]
            yield Statement(sid=sid, actions=calls("elasticloadbalancing", actions), resources=resources)
    # AWS draws the name of a target group but for its first six characters, which environments share.
    groups = [scope.arn("elasticloadbalancing", f"targetgroup/{scope.prefix[:6]}*/*")]
    yield Statement(
        sid="MakeTargetGroups",
        actions=["elasticloadbalancing:CreateTargetGroup"],
        resources=groups,
        condition=scope.tagging(),
    )
    # Only as they are created, so that none of others is claimed that has no tags.
    at_birth = {
        "StringEquals": {**scope.tagging()["StringEquals"], "elasticloadbalancing:CreateAction": "CreateTargetGroup"}
    }
    yield Statement(
        sid="TagTargetGroups",
        actions=["elasticloadbalancing:AddTags"],
        resources=groups,
        condition=at_birth,
    )
    yield Statement(
        sid="TargetGroups",
        actions=calls("elasticloadbalancing", _TARGET_GROUPS),
        resources=groups,
        condition=scope.tagged(),
    )
