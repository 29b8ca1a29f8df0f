"""The alarms at which ECS rolls a deployment of a web service back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.ecs_service import EcsServiceAlarms
from constructs import Construct

from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import WebInputs
from modules.load_balancer.outputs import LoadBalancerOutputs, RouteOutputs
from modules.observability.alarm import QUIET, Alarm
from modules.observability.metric_alarm import metric_alarm
from modules.observability.metrics import metric, where_enough

# How long the health of a service may lack beyond the grace of its tasks.
_PATIENCE_MINUTES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploymentAlarms:
    """By what the deployments of an environment are judged, and who is told."""

    inputs: DeploymentAlarmsInputs
    environment: str
    topic_arns: Sequence[str] = ()

    def logs_of(self, service: str) -> str:
        """What to type next."""
        return f"make logs ENV={self.environment} ARGS={service}"

    def make(
        self,
        scope: Construct,
        service: str,
        web: WebInputs,
        targets: LoadBalancerOutputs | RouteOutputs,
        *,
        prefix: str,
    ) -> EcsServiceAlarms:
        """The alarms as resources, and what ECS knows of them."""
        names = [
            metric_alarm(
                scope, alarm.name.removeprefix(f"{service}-"), alarm, prefix=prefix, topic_arns=self.topic_arns
            ).alarm_name
            for alarm in self.of(service, web, targets)
        ]
        return EcsServiceAlarms(enable=self.inputs.enabled, rollback=True, alarm_names=names)

    def of(self, service: str, web: WebInputs, targets: LoadBalancerOutputs | RouteOutputs) -> Iterator[Alarm]:
        """Those of a web service, by its own target group."""
        inputs = self.inputs
        command = self.logs_of(service)
        then = " A deployment that is under way is rolled back." if inputs.enabled else ""
        dimensions = {"LoadBalancer": targets.arn_suffix, "TargetGroup": targets.target_group_arn_suffix}
        requests = metric("AWS/ApplicationELB", "RequestCount", "Sum", dimensions)
        yield Alarm(
            name=f"{service}-deployment-errors",
            title=f"Share of answers of {service} with 5xx (%)",
            topic="notices",
            meaning=f"{service} answers more than {inputs.error_percent} % of requests with 5xx.{then}",
            command=command,
            runbook="deployment-alarms",
            metrics={
                "errors": metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", dimensions),
                "requests": requests,
            },
            expression=where_enough(inputs.least_requests, "100 * FILL(errors, 0) / requests"),
            comparison=">",
            threshold=inputs.error_percent,
            period_seconds=60,
            periods=3,
            datapoints=2,
            missing=QUIET,
        )
        yield Alarm(
            name=f"{service}-deployment-response-time",
            title=f"Response time of {service}, 95th percentile (s)",
            topic="notices",
            meaning=f"Of 100 requests to {service} 5 take longer than {inputs.response_ms} ms.{then}",
            command=command,
            runbook="deployment-alarms",
            metrics={
                "time": metric("AWS/ApplicationELB", "TargetResponseTime", "p95", dimensions),
                "requests": requests,
            },
            expression=where_enough(inputs.least_requests, "FILL(time, 0)"),
            comparison=">",
            threshold=inputs.response_ms / 1000,
            period_seconds=60,
            periods=5,
            datapoints=3,
            missing=QUIET,
        )
        least, patience = _least_healthy(web), -(-web.health_check_grace_seconds // 60) + _PATIENCE_MINUTES
        yield Alarm(
            name=f"{service}-deployment-health",
            title=f"Healthy tasks of {service}",
            topic="notices",
            meaning=f"{service} lacks healthy tasks: a deployment leaves {least} at every moment.{then}",
            command=command,
            runbook="deployment-alarms",
            # Not UnHealthyHostCount, which has new tasks while they start: wave after wave of a good deployment.
            metrics={"healthy": metric("AWS/ApplicationELB", "HealthyHostCount", "Maximum", dimensions)},
            comparison="<",
            threshold=least,
            period_seconds=60,
            periods=patience + 2,
            datapoints=patience,
            missing=QUIET,
        )


def _least_healthy(web: WebInputs) -> int:
    """How many tasks a good deployment leaves healthy at every moment, or one. ECS rounds up."""
    tasks = web.autoscaling.least_running if web.autoscaling else web.desired_count
    return max(1, -(-tasks * web.minimum_healthy_percent // 100))
