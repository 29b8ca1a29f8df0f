"""Autoscaling of an ECS service by target tracking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from modules.fargate_service.autoscaling_inputs import AutoscalingInputs, WebAutoscalingInputs


class _Metric(NamedTuple):
    id: str
    name: str
    target: int
    scale_in_seconds: int
    scale_out_seconds: int
    resource_label: str | None = None


class Autoscaling(Construct):
    """Holds each chosen metric of a service near its target."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: AutoscalingInputs,
        cluster_name: str,
        service_name: str,
        request_label: str | None = None,
    ) -> None:
        """`request_label` is `<load balancer>/<target group>`, by their ARN suffixes, where there is one."""
        super().__init__(scope, id)
        target = AppautoscalingTarget(
            self,
            "Default",
            service_namespace="ecs",
            resource_id=f"service/{cluster_name}/{service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=inputs.min_count,
            max_capacity=inputs.max_count,
        )
        for metric in _metrics(inputs, request_label):
            AppautoscalingPolicy(
                self,
                metric.id,
                name=f"{service_name}-{metric.id}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                    target_value=metric.target,
                    scale_in_cooldown=metric.scale_in_seconds,
                    scale_out_cooldown=metric.scale_out_seconds,
                    predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
                        predefined_metric_type=metric.name, resource_label=metric.resource_label
                    ),
                ),
            )


def _metrics(inputs: AutoscalingInputs, request_label: str | None) -> Iterator[_Metric]:
    if inputs.cpu_percent is not None:
        yield _Metric("cpu", "ECSServiceAverageCPUUtilization", inputs.cpu_percent, 60, 60)
    if inputs.memory_percent is not None:
        # Python gives memory back slowly, so a fall is believed later.
        yield _Metric("memory", "ECSServiceAverageMemoryUtilization", inputs.memory_percent, 120, 60)
    if isinstance(inputs, WebAutoscalingInputs) and inputs.requests_per_target is not None:
        yield _Metric("requests", "ALBRequestCountPerTarget", inputs.requests_per_target, 60, 30, request_label)
