"""The alarms that roll deployments of a web service back, of a service of two tasks."""

from __future__ import annotations

from typing import Any

from modules.fargate_service.deployment_alarms import DeploymentAlarms
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import WebInputs
from modules.load_balancer.outputs import RouteOutputs
from modules.observability.alarm import Alarm

TARGETS = RouteOutputs(
    arn_suffix="app/django-test/0123456789abcdef",
    target_group_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/django/fedcba9876543210",
    target_group_arn_suffix="targetgroup/django/fedcba9876543210",
    request_label="",
)
WEB = WebInputs(cpu=512, memory_mib=1024, desired_count=2)


def deployment_alarms(
    web: WebInputs = WEB, service: str = "web", environment: str = "test", **inputs: Any
) -> dict[str, Alarm]:
    """Those of a service by what follows `deployment-` in their names."""
    made = DeploymentAlarms(inputs=DeploymentAlarmsInputs(**inputs), environment=environment)
    found = made.of(service, web, TARGETS)
    return {alarm.name.removeprefix(f"{service}-deployment-"): alarm for alarm in found}
