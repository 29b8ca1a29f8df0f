"""The autoscaling of services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3


def suspend(
    session: boto3.Session,
    cluster: str,
    services: Iterable[str],
    *,
    is_suspended: bool,
    bounds: Mapping[str, tuple[int, int]] | None = None,
) -> None:
    """Have Application Auto Scaling leave the tasks of these services alone, or scale them again.

    `bounds` are the least and most tasks of those that get others: scheduled actions whose time comes while scaling is
    suspended are not made up for.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
    """
    client = session.client("application-autoscaling")
    resources = [f"service/{cluster}/{name}" for name in services]
    found = client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=resources)["ScalableTargets"]
    for target in found:
        changed: dict[str, Any] = {}
        if limits := (bounds or {}).get(target["ResourceId"].rpartition("/")[2]):
            changed = {"MinCapacity": limits[0], "MaxCapacity": limits[1]}
        client.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=target["ResourceId"],
            ScalableDimension=target["ScalableDimension"],
            SuspendedState={
                "DynamicScalingInSuspended": is_suspended,
                "DynamicScalingOutSuspended": is_suspended,
                "ScheduledScalingSuspended": is_suspended,
            },
            **changed,
        )
