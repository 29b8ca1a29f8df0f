"""Autoscaling of an ECS service by target tracking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
)
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification as PredefinedMetric,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from modules.fargate_service.autoscaling_inputs import (
    AutoscalingInputs,
    WebAutoscalingInputs,
    WorkerAutoscalingInputs,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMetric:
    """The metric of CloudWatch that counts the tasks which wait for a worker."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


class _Tracked(NamedTuple):
    id: str
    target: int
    scale_in_seconds: int
    scale_out_seconds: int
    metric: PredefinedMetric | None


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
        queue: QueueMetric | None = None,
    ) -> None:
        """`request_label` is `<load balancer>/<target group>`, by their ARN suffixes, where there is one."""
        super().__init__(scope, id)
        self._service_name, self._inputs = service_name, inputs
        target = AppautoscalingTarget(
            self,
            "Default",
            service_namespace="ecs",
            resource_id=f"service/{cluster_name}/{service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=inputs.min_count,
            max_capacity=inputs.max_count,
        )
        self._policies: list[AppautoscalingPolicy] = []
        for tracked in _load(inputs, request_label):
            self._track(target, tracked)
        if queue and isinstance(inputs, WorkerAutoscalingInputs) and inputs.queue_length_per_task is not None:
            policy = self._track(target, _Tracked("queue", inputs.queue_length_per_task, 120, 60, None))
            # The bindings' classes for this have names of 120 letters.
            policy.add_override(
                "target_tracking_scaling_policy_configuration.customized_metric_specification",
                {"metrics": [_PER_TASK, _waiting(queue), _running(cluster_name, service_name)]},
            )

    def _track(self, target: AppautoscalingTarget, tracked: _Tracked) -> AppautoscalingPolicy:
        policy = AppautoscalingPolicy(
            self,
            tracked.id,
            name=f"{self._service_name}-{tracked.id}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=tracked.target,
                scale_in_cooldown=_given(self._inputs.scale_in_cooldown_seconds, tracked.scale_in_seconds),
                scale_out_cooldown=_given(self._inputs.scale_out_cooldown_seconds, tracked.scale_out_seconds),
                predefined_metric_specification=tracked.metric,
            ),
            # AWS refuses two changes of one target at once (hashicorp/terraform-provider-aws 17915).
            depends_on=self._policies[-1:] or None,
        )
        self._policies.append(policy)
        return policy


def _given(value: int | None, default: int) -> int:
    return default if value is None else value


def _load(inputs: AutoscalingInputs, request_label: str | None) -> Iterator[_Tracked]:
    if inputs.cpu_percent is not None:
        cpu = PredefinedMetric(predefined_metric_type="ECSServiceAverageCPUUtilization")
        yield _Tracked("cpu", inputs.cpu_percent, 60, 60, cpu)
    if inputs.memory_percent is not None:
        memory = PredefinedMetric(predefined_metric_type="ECSServiceAverageMemoryUtilization")
        # Python gives memory back slowly, so a fall is believed later.
        yield _Tracked("memory", inputs.memory_percent, 120, 60, memory)
    if isinstance(inputs, WebAutoscalingInputs) and inputs.requests_per_target is not None:
        requests = PredefinedMetric(predefined_metric_type="ALBRequestCountPerTarget", resource_label=request_label)
        yield _Tracked("requests", inputs.requests_per_target, 60, 30, requests)


# A mean per worker: the length alone would not fall in proportion to the workers that are added.
_PER_TASK = {
    "id": "per_task",
    "expression": "waiting / IF(running < 1, 1, running)",
    "label": "Tasks waiting for each worker",
    "return_data": True,
}


def _waiting(queue: QueueMetric) -> dict[str, Any]:
    return _metric("waiting", queue.namespace, queue.name, queue.dimensions, "Maximum")


def _running(cluster_name: str, service_name: str) -> dict[str, Any]:
    service = {"ClusterName": cluster_name, "ServiceName": service_name}
    return _metric("running", "ECS/ContainerInsights", "RunningTaskCount", service, "Average")


def _metric(id: str, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str) -> dict[str, Any]:
    metric = {
        "namespace": namespace,
        "metric_name": name,
        "dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
    }
    return {"id": id, "metric_stat": {"metric": metric, "stat": statistic}, "return_data": False}
