"""What others read of the load balancer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerOutputs:
    """What the unit publishes, and what a service needs to be reached."""

    arn: str
    arn_suffix: str
    dns_name: str
    https_listener_arn: str | None
    """None where it speaks HTTP alone."""
    zone_id: str
    security_group_id: str
    target_group_arn: str
    target_group_arn_suffix: str
    request_label: str
    """Load balancer and target group, as the metric ALBRequestCountPerTarget wants them."""
    access_log_bucket: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteOutputs:
    """What a further web service needs to be reached."""

    arn_suffix: str
    """Of the load balancer."""
    target_group_arn: str
    target_group_arn_suffix: str
    request_label: str
    """As that of the load balancer."""
