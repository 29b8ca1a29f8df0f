"""Autoscaling of an ECS service: by target tracking, by steps and by schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cdktf import TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyStepScalingPolicyConfiguration,
    AppautoscalingPolicyStepScalingPolicyConfigurationStepAdjustment,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
)
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification as PredefinedMetric,
)
from cdktf_cdktf_provider_aws.appautoscaling_scheduled_action import (
    AppautoscalingScheduledAction,
    AppautoscalingScheduledActionScalableTargetAction,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from modules.fargate_service.autoscaling_inputs import (
    AutoscalingInputs,
    WebAutoscalingInputs,
    WorkerAutoscalingInputs,
)
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.step_scaling import QueueMetric, StepPolicy, policies
from modules.load_balancer.outputs import LoadBalancerOutputs, RouteOutputs
from modules.observability.metric_alarm import metric_alarm


class _Tracked(NamedTuple):
    id: str
    target: float
    scale_in_seconds: int
    scale_out_seconds: int
    metric: PredefinedMetric | None


class Autoscaling(Construct):
    """Adds and removes tasks of a service by its load, and moves its bounds by its schedule."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: AutoscalingInputs,
        cluster_name: str,
        service_name: str,
        name: str,
        prefix: str,
        targets: LoadBalancerOutputs | RouteOutputs | None = None,
        queue: QueueMetric | None = None,
    ) -> None:
        """`name` is that within the environment, and `targets` is what leads to it, where anything does."""
        super().__init__(scope, id)
        self._service_name, self._inputs = service_name, inputs
        self._target = AppautoscalingTarget(
            self,
            "Default",
            service_namespace="ecs",
            resource_id=f"service/{cluster_name}/{service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=inputs.min_count,
            max_capacity=inputs.max_count,
            # A scheduled action registers the target again, and Terraform would take that for drift:
            # https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/422
            lifecycle=TerraformResourceLifecycle(ignore_changes=["min_capacity", "max_capacity"])
            if inputs.schedule
            else None,
        )
        self._made: list[TerraformResource] = []
        for tracked in _load(inputs, targets.request_label if targets else None):
            self._track(tracked)
        if targets and isinstance(inputs, WebAutoscalingInputs) and inputs.response_ms is not None:
            self._track_own(_Tracked("response", inputs.response_ms / 1000, 120, 60, None), _response(targets))
        if queue and isinstance(inputs, WorkerAutoscalingInputs):
            service = {"ClusterName": cluster_name, "ServiceName": service_name}
            if inputs.queue_length_per_task is not None:
                metrics = [_PER_TASK, _waiting(queue), _running(service)]
                self._track_own(_Tracked("queue", inputs.queue_length_per_task, 120, 60, None), metrics)
            for policy in policies(name, inputs, queue, service):
                self._step(policy, prefix)
        for action in inputs.schedule:
            self._schedule(action)

    def _track_own(self, tracked: _Tracked, metrics: list[dict[str, Any]]) -> None:
        """By metric math, for which the bindings' classes have names of 120 letters."""
        self._track(tracked).add_override(
            "target_tracking_scaling_policy_configuration.customized_metric_specification", {"metrics": metrics}
        )

    def _step(self, policy: StepPolicy, prefix: str) -> None:
        made = AppautoscalingPolicy(
            self,
            policy.id,
            name=f"{self._service_name}-{policy.id}",
            policy_type="StepScaling",
            **self._of_target,
            step_scaling_policy_configuration=AppautoscalingPolicyStepScalingPolicyConfiguration(
                adjustment_type=policy.kind,
                cooldown=policy.cooldown_seconds,
                metric_aggregation_type="Maximum",
                step_adjustment=[
                    AppautoscalingPolicyStepScalingPolicyConfigurationStepAdjustment(
                        scaling_adjustment=step.change,
                        metric_interval_lower_bound=None if step.lower is None else str(step.lower),
                        metric_interval_upper_bound=None if step.upper is None else str(step.upper),
                    )
                    for step in policy.steps
                ],
            ),
            depends_on=self._made[-1:] or None,
        )
        self._made.append(made)
        metric_alarm(self, f"alarm-{policy.id}", policy.alarm, prefix=prefix, scaling_policy_arn=made.arn)

    def _schedule(self, action: ScheduledScalingInputs) -> None:
        low, high = action.bounds(self._inputs.min_count, self._inputs.max_count)
        made = AppautoscalingScheduledAction(
            self,
            f"schedule-{action.name}",
            name=f"{self._service_name}-{action.name}",
            **self._of_target,
            schedule=action.expression,
            timezone=action.time_zone,
            scalable_target_action=AppautoscalingScheduledActionScalableTargetAction(
                min_capacity=str(low), max_capacity=str(high)
            ),
            depends_on=self._made[-1:] or None,
        )
        self._made.append(made)

    @property
    def _of_target(self) -> dict[str, Any]:
        return {
            "service_namespace": self._target.service_namespace,
            "resource_id": self._target.resource_id,
            "scalable_dimension": self._target.scalable_dimension,
        }

    def _track(self, tracked: _Tracked) -> AppautoscalingPolicy:
        policy = AppautoscalingPolicy(
            self,
            tracked.id,
            name=f"{self._service_name}-{tracked.id}",
            policy_type="TargetTrackingScaling",
            **self._of_target,
            target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=tracked.target,
                scale_in_cooldown=_given(self._inputs.scale_in_cooldown_seconds, tracked.scale_in_seconds),
                scale_out_cooldown=_given(self._inputs.scale_out_cooldown_seconds, tracked.scale_out_seconds),
                predefined_metric_specification=tracked.metric,
            ),
            # AWS refuses two changes of one target at once (hashicorp/terraform-provider-aws 17915).
            depends_on=self._made[-1:] or None,
        )
        self._made.append(policy)
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


def _running(service: Mapping[str, str]) -> dict[str, Any]:
    return _metric("running", "ECS/ContainerInsights", "RunningTaskCount", service, "Average")


def _response(targets: LoadBalancerOutputs | RouteOutputs) -> list[dict[str, Any]]:
    """A minute without requests has no figure, and while one lacks AWS removes no task."""
    held = {"id": "response", "expression": "FILL(time, 0)", "label": "Mean response time (s)", "return_data": True}
    dimensions = {"LoadBalancer": targets.arn_suffix, "TargetGroup": targets.target_group_arn_suffix}
    return [held, _metric("time", "AWS/ApplicationELB", "TargetResponseTime", dimensions, "Average")]


def _metric(id: str, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str) -> dict[str, Any]:
    metric = {
        "namespace": namespace,
        "metric_name": name,
        "dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
    }
    return {"id": id, "metric_stat": {"metric": metric, "stat": statistic}, "return_data": False}
