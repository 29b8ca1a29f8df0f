"""Alarms that roll a deployment back: what they promise over figures, and what ECS gets of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.ecs_cluster.main import EcsCluster
from modules.fargate_service.autoscaling_inputs import WebAutoscalingInputs
from modules.fargate_service.deployment_alarms import DeploymentAlarms
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import WebInputs, WorkerInputs
from modules.fargate_service.main import FargateService
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.load_balancer.main import LoadBalancer
from modules.observability.alarm import LONGEST_DESCRIPTION
from modules.placement import Placement
from modules.task_definition.application import TaskEnvironment
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import Problem, problems
from tests.metric_math import evaluate, fires, state
from tests.modules.deployment_alarms import WEB, deployment_alarms
from tests.modules.test_fargate_service import application
from tests.support import Json, module_json

TOPIC = "arn:aws:sns:us-east-1:123456789012:django-test-notices"
NONE: tuple[None, ...] = (None,) * 6


class TestErrors:
    """features: a share of 5xx of more than 1 %."""

    errors = deployment_alarms()["errors"]

    def test_two_minutes_with_more_than_one_request_of_a_hundred_failed_roll_back(self) -> None:
        requests = [100.0] * 5
        assert fires(self.errors, {"errors": [None, None, 2, None, 2], "requests": requests}) == 5
        assert fires(self.errors, {"errors": [1, 1, 1, 1, 1], "requests": requests}) is None
        assert fires(self.errors, {"errors": [None, None, 90, None, None], "requests": requests}) is None

    def test_one_error_of_two_requests_rolls_nothing_back(self) -> None:
        assert fires(self.errors, {"errors": [1.0] * 6, "requests": [2.0] * 6}) is None
        assert fires(self.errors, {"errors": [1.0] * 6, "requests": [19.0] * 6}) is None
        assert fires(self.errors, {"errors": [1.0] * 6, "requests": [20.0] * 6}) == 3

    def test_the_share_and_the_least_number_of_requests_may_be_chosen(self) -> None:
        found = deployment_alarms(error_percent=5, least_requests=2)["errors"]
        assert fires(found, {"errors": [1.0] * 3, "requests": [2.0] * 3}) == 3
        assert fires(found, {"errors": [5.0] * 3, "requests": [100.0] * 3}) is None


class TestResponseTime:
    """features: a 95th percentile of more than 2 s."""

    time = deployment_alarms()["response-time"]

    def test_three_slow_minutes_of_five_roll_back(self) -> None:
        requests = [50.0] * 6
        assert fires(self.time, {"time": [0.2, 2.1, 0.2, 2.1, 2.0, 2.1], "requests": requests}) == 6
        assert fires(self.time, {"time": [0.2, 2.1, 2.1, 0.2, 0.2, 0.2], "requests": requests}) is None
        assert self.time.metrics["time"].statistic == "p95"

    def test_the_first_slow_requests_to_new_tasks_roll_nothing_back(self) -> None:
        assert fires(self.time, {"time": [9.0] * 6, "requests": [19.0] * 6}) is None

    def test_what_is_slow_may_be_chosen(self) -> None:
        found = deployment_alarms(response_ms=500, least_requests=1)["response-time"]
        assert fires(found, {"time": [0.6] * 5, "requests": [1.0] * 5}) == 5


class TestHealth:
    def test_a_lack_of_healthy_tasks_for_longer_than_they_may_start_rolls_back(self) -> None:
        found = deployment_alarms()["health"]
        assert found.threshold == 2
        assert fires(found, {"healthy": [2, 2, 1, 1, 1, 2, 2, 2]}) is None
        assert fires(found, {"healthy": [2, 2, 1, 1, 1, 1]}) == 6

    @pytest.mark.parametrize(("seconds", "minutes"), [(0, 3), (60, 4), (61, 5), (900, 18)])
    def test_tasks_have_the_time_in_which_they_may_start(self, seconds: int, minutes: int) -> None:
        found = deployment_alarms(replace(WEB, health_check_grace_seconds=seconds))["health"]
        assert (found.datapoints, found.periods) == (minutes, minutes + 2)

    @pytest.mark.parametrize(
        ("changes", "least"),
        [
            ({"desired_count": 4}, 4),
            ({"desired_count": 5, "minimum_healthy_percent": 50}, 3),
            ({"minimum_healthy_percent": 0}, 1),
            ({"desired_count": 4, "autoscaling": WebAutoscalingInputs(min_count=3, max_count=8)}, 3),
        ],
    )
    def test_what_a_deployment_leaves_is_enough(self, changes: dict[str, Any], least: int) -> None:
        assert deployment_alarms(replace(WEB, **changes))["health"].threshold == least


@pytest.mark.parametrize("name", deployment_alarms())
def test_minutes_without_figures_roll_nothing_back(name: str) -> None:
    alarm = deployment_alarms()[name]
    assert state(alarm, dict.fromkeys(alarm.metrics, NONE)) == "OK"


def test_each_is_one_that_cloudwatch_takes_and_somebody_understands() -> None:
    """With the longest names that there may be: 31 of the prefix, 24 of a web, 28 of the environment."""
    service = f"web-{'x' * 20}"
    for alarm in deployment_alarms(service=service, environment="e" * 28).values():
        assert len(f"{'p' * 31}-{alarm.name}") <= 255
        assert len(alarm.description) <= LONGEST_DESCRIPTION
        then = (
            f"is rolled back. Next: make logs ENV={'e' * 28} ARGS={service} Runbook: docs/runbooks.md#deployment-alarms"
        )
        assert alarm.description.endswith(then)
        assert alarm.topic == "notices"
        if alarm.expression:
            evaluate(alarm.expression, {each: [1.0, 2.0] for each in alarm.metrics})
            assert all(re.search(rf"\b{each}\b", alarm.expression) for each in alarm.metrics)


@pytest.mark.parametrize(
    ("field", "low", "high"), [("error_percent", 1, 99), ("response_ms", 10, 60_000), ("least_requests", 1, 1_000_000)]
)
def test_a_threshold_is_within_its_bounds(field: str, low: int, high: int) -> None:
    def wrong(value: Any) -> list[Problem]:
        return [*problems(replace(DeploymentAlarmsInputs(), **{field: value}))]

    assert wrong(low) == wrong(high) == []
    for value in (low - 1, high + 1):
        assert wrong(value) == [(field, f"got {value}", f"choose {low} to {high}")]


def resources(*, enabled: bool = True, topic_arns: tuple[str, ...] = ()) -> Json:
    """A web service and a worker, both of which are given alarms."""
    inputs = DeploymentAlarmsInputs(enabled=enabled)
    alarms = DeploymentAlarms(inputs=inputs, environment="test", topic_arns=topic_arns)
    placement = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1"], application_security_group_id="sg-1")

    def build(stack: TerraformStack) -> None:
        place: dict[str, Any] = {"region": "us-east-1", "account_id": "123456789012"}
        cluster = EcsCluster(stack, "cluster", inputs=EcsClusterInputs(), prefix="django-test", **place)
        balancer = LoadBalancer(
            stack,
            "alb",
            inputs=LoadBalancerInputs(),
            prefix="django-test",
            placement=placement,
            certificate_arn="arn:aws:acm:certificate",
            container_port=8000,
            health_path="/health/live/",
            **place,
        )
        services: dict[str, tuple[WebInputs | WorkerInputs, LoadBalancer | None]] = {
            "web": (WEB, balancer),
            "worker": (WorkerInputs(cpu=512, memory_mib=1024, desired_count=2), None),
        }
        for name, (size, load_balancer) in services.items():
            FargateService(
                stack,
                name,
                inputs=size,
                application=application(RuntimeInputs()),
                environment=TaskEnvironment(),
                name=name,
                cluster=cluster,
                placement=placement,
                command=("run",),
                load_balancer=load_balancer,
                deployment_alarms=alarms,
            )

    found: Json = module_json(build)["resource"]
    return found


class TestService:
    made = resources()

    def test_ecs_rolls_back_at_each_alarm_of_the_service_beside_its_circuit_breaker(self) -> None:
        web = self.made["aws_ecs_service"]["web"]
        kinds = ("errors", "response_time", "health")
        names = [f"${{aws_cloudwatch_metric_alarm.web_deployment_{kind}.alarm_name}}" for kind in kinds]
        assert web["alarms"] == {"enable": True, "rollback": True, "alarm_names": names}
        assert web["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
        alarms = self.made["aws_cloudwatch_metric_alarm"]
        assert {each["alarm_name"] for each in alarms.values()} == {
            f"django-test-web-deployment-{kind}" for kind in ("errors", "response-time", "health")
        }
        assert alarms["web_deployment_health"]["dimensions"] == {
            "LoadBalancer": "${aws_lb.alb.arn_suffix}",
            "TargetGroup": "${aws_lb_target_group.alb_target.arn_suffix}",
        }

    def test_terraform_waits_until_ecs_no_longer_watches(self) -> None:
        assert self.made["aws_ecs_service"]["web"]["timeouts"] == {"create": "60m", "update": "60m"}

    def test_what_was_rolled_back_is_told_with_the_next_command(self) -> None:
        (found,) = self.made["aws_ecs_service"]["web"]["lifecycle"]["postcondition"]
        said = "was rolled back, by its circuit breaker or an alarm: run `make logs ENV=test ARGS=web`, and read the "
        assert said in found["error_message"]

    def test_a_worker_has_none(self) -> None:
        worker = self.made["aws_ecs_service"]["worker"]
        assert "alarms" not in worker
        assert "timeouts" not in worker
        (found,) = worker["lifecycle"]["postcondition"]
        assert "was rolled back: read the events" in found["error_message"]

    def test_they_tell_nobody_without_a_topic(self) -> None:
        for alarm in self.made["aws_cloudwatch_metric_alarm"].values():
            assert not {"alarm_actions", "ok_actions"} & {*alarm}

    def test_turned_off_they_still_tell(self) -> None:
        made = resources(enabled=False, topic_arns=(TOPIC,))
        assert made["aws_ecs_service"]["web"]["alarms"]["enable"] is False
        for alarm in made["aws_cloudwatch_metric_alarm"].values():
            assert alarm["alarm_actions"] == alarm["ok_actions"] == [TOPIC]
            assert "rolled back" not in alarm["alarm_description"]
