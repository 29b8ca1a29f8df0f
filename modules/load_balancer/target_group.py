"""The tasks of a service behind the load balancer."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.lb_target_group import (
    LbTargetGroup,
    LbTargetGroupHealthCheck,
    LbTargetGroupStickiness,
)
from constructs import Construct

from modules.load_balancer.inputs import LoadBalancerInputs


def target_group(
    scope: Construct,
    *,
    inputs: LoadBalancerInputs,
    prefix: str,
    name: str,
    vpc_id: str,
    container_port: int,
    health_path: str,
    health_codes: str,
    stickiness: LbTargetGroupStickiness | None = None,
) -> LbTargetGroup:
    """A group of addresses, which answer `health_codes` on `health_path` as long as they are healthy."""
    check = inputs.health_check
    return LbTargetGroup(
        scope,
        "target",
        # The provider appends 26 characters to at most six. A new port replaces the group, which the listener uses
        # until it has the next one, hence no fixed name and the new one first.
        name_prefix=prefix[:6],
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        target_type="ip",
        vpc_id=vpc_id,
        protocol="HTTP",
        port=container_port,
        deregistration_delay=str(inputs.deregistration_delay_seconds),
        stickiness=stickiness,
        health_check=LbTargetGroupHealthCheck(
            path=health_path,
            protocol="HTTP",
            matcher=health_codes,
            interval=check.interval_seconds,
            timeout=check.timeout_seconds,
            healthy_threshold=check.healthy_threshold,
            unhealthy_threshold=check.unhealthy_threshold,
        ),
        tags={"Name": name},
    )
