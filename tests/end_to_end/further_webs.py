"""Further webs beside web: what is added to an environment on the local AWS, and how it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cli.local_aws.deployment import LocalDeployment
from modules.load_balancer.route_inputs import RouteInputs
from stacks.config.application_inputs import FurtherWebInputs
from stacks.config.schema import Environment

API = RouteInputs(priority=10_000, paths=("/api/*",))
CHAT = RouteInputs(priority=20_000, paths=("/chat/*",), hosts=("example.com",))
# Of the container, the target group and the rule, and of what a service has.
GONE = {
    *(
        "aws_cloudwatch_log_group.web_chat_task_log",
        "aws_ecs_service.web_chat",
        "aws_ecs_task_definition.web_chat_task",
    ),
    *("aws_iam_role.web_chat_task_execution_role", "aws_iam_role_policy.web_chat_task_execution_role_policy"),
    *("aws_iam_role.web_chat_task_role", "aws_iam_role_policy.web_chat_task_role_policy"),
    *(
        "aws_lb_listener_rule.route_chat",
        "aws_lb_listener_rule.route_chat_attached",
        "aws_lb_target_group.route_chat_target",
    ),
    "aws_vpc_security_group_egress_rule.load_balancer_security_group_to_application_9000",
    "aws_vpc_security_group_ingress_rule.load_balancer_security_group_application_9000",
}


def added(environment: Environment) -> Environment:
    """With two of them, one on a port of its own whose visitors stay at a task."""
    chat = FurtherWebInputs(route=CHAT, server="uvicorn", stickiness_seconds=3600)
    webs = {"api": FurtherWebInputs(route=API), "chat": chat}
    service = environment.django_service
    size = replace(service.web, autoscaling=None, desired_count=1)
    return replace(
        environment,
        django_service=replace(
            service,
            application=replace(service.application, webs=webs),
            webs={"api": size, "chat": replace(size, container_port=9000)},
        ),
    )


def changed(environment: Environment) -> Environment:
    """With another path of the one, which is sticky now, and without the other."""
    service = environment.django_service
    webs = {
        "api": FurtherWebInputs(route=replace(API, paths=("/api/*", "/v2/*")), stickiness_seconds=60),
        "chat": FurtherWebInputs(route=CHAT),
    }
    return replace(
        environment,
        django_service=replace(
            service,
            application=replace(service.application, webs=webs),
            webs={**(service.webs or {}), "chat": None},
        ),
    )


def routes(deployment: LocalDeployment, listener_arn: str) -> dict[str, tuple[dict[str, list[str]], list[str]]]:
    """By the priority of each rule that forwards: its conditions, and the services in whose target group it ends."""
    balancers, ecs = deployment.client("elbv2"), deployment.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    names = ecs.list_services(cluster=cluster)["serviceArns"]
    groups: dict[str, list[str]] = {}
    for service in ecs.describe_services(cluster=cluster, services=names)["services"]:
        groups.setdefault(service["loadBalancers"][0]["targetGroupArn"], []).append(service["serviceName"])
    found = {}
    for rule in balancers.describe_rules(ListenerArn=listener_arn)["Rules"]:
        (action,) = rule["Actions"]
        conditions = {each["Field"]: _values(each) for each in rule["Conditions"]}
        if action["Type"] == "forward" and conditions and "source-ip" not in conditions:
            found[rule["Priority"]] = (conditions, groups.get(action["TargetGroupArn"], []))
    return found


def _values(condition: dict[str, Any]) -> list[str]:
    (values,) = [each["Values"] for name, each in condition.items() if name.endswith("Config")]
    return sorted(values)
