"""Services and one-off tasks on Fargate."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.ecs_cluster.main import EcsCluster
from modules.fargate_service.autoscaling_inputs import AutoscalingInputs, WebAutoscalingInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.main import FargateService
from modules.load_balancer.inputs import HealthCheckInputs, LoadBalancerInputs
from modules.load_balancer.main import LoadBalancer
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.one_off_task.main import OneOffTask
from modules.placement import Placement
from modules.task_definition.application import Application, TaskEnvironment
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/b"
SIZE: dict[str, Any] = {"cpu": 512, "memory_mib": 1024, "desired_count": 2}
WEB = WebInputs(**SIZE)
WORKER = WorkerInputs(**SIZE)
HEALTH_CHECK = HealthCheckInputs(path="/up/", interval_seconds=20, timeout_seconds=4, unhealthy_threshold=2)


def application(runtime: RuntimeInputs) -> Application:
    return Application(
        prefix="django-test",
        region="us-east-1",
        account_id="123456789012",
        image="registry/django:1.0.0",
        ecr_repository_arn="arn:aws:ecr:us-east-1:123456789012:repository/django",
        runtime=runtime,
    )


def _cluster(stack: TerraformStack, inputs: EcsClusterInputs) -> EcsCluster:
    place = {"region": "us-east-1", "account_id": "123456789012"}
    return EcsCluster(stack, "cluster", inputs=inputs, prefix="django-test", **place)


def service(inputs: WebInputs | WorkerInputs | BeatInputs, runtime: RuntimeInputs = RuntimeInputs()) -> Json:  # noqa: B008
    def build(stack: TerraformStack) -> None:
        balancer = LoadBalancer(
            stack,
            "alb",
            inputs=LoadBalancerInputs(health_check=HEALTH_CHECK),
            prefix="django-test",
            region="us-east-1",
            account_id="123456789012",
            placement=Placement(vpc_id="vpc-1", subnet_ids=["subnet-1"], application_security_group_id="sg-1"),
            certificate_arn="arn:aws:acm:certificate",
            container_port=8000,
            health_path="/health/live/",
        )
        FargateService(
            stack,
            "it",
            inputs=inputs,
            application=application(runtime),
            environment=TaskEnvironment(),
            name="it",
            command=("python", "-m", "worker"),
            cluster=_cluster(stack, EcsClusterInputs()),
            placement=Placement(
                vpc_id="vpc-1", subnet_ids=["subnet-11", "subnet-12"], application_security_group_id="sg-1"
            ),
            load_balancer=balancer if isinstance(inputs, WebInputs) else None,
        )

    resources: Json = module_json(build)["resource"]
    return resources


def one_off(inputs: OneOffTaskInputs) -> Json:
    document = module_json(
        lambda stack: OneOffTask(
            stack,
            "task-check",
            inputs=inputs,
            application=application(RuntimeInputs()),
            environment=TaskEnvironment(variables={"A": "1"}),
            name="check",
        )
    )
    resources: Json = document["resource"]
    return resources


@pytest.fixture(scope="module")
def web() -> Json:
    return service(WEB)


@pytest.fixture(scope="module")
def worker() -> Json:
    return service(WORKER)


@pytest.fixture(scope="module")
def beat() -> Json:
    return service(BeatInputs())


@pytest.fixture(scope="module")
def scaled() -> Json:
    autoscaling = WebAutoscalingInputs(min_count=2, max_count=8, cpu_percent=55, memory_percent=70)
    return service(WebInputs(**SIZE, autoscaling=autoscaling))


def of(resources: Json) -> Json:
    return only(resources["aws_ecs_service"])


def container(resources: Json) -> Json:
    definition: Json
    (definition,) = json.loads(only(resources["aws_ecs_task_definition"])["container_definitions"])
    return definition


class TestDeployment:
    def test_new_tasks_run_before_old_ones_go(self, web: Json, worker: Json) -> None:
        for found in (of(web), of(worker)):
            assert found["deployment_minimum_healthy_percent"] == 100
            assert found["deployment_maximum_percent"] == 200
            assert found["availability_zone_rebalancing"] == "ENABLED"

    def test_the_shares_of_tasks_may_be_chosen(self) -> None:
        found = of(service(WebInputs(**SIZE, minimum_healthy_percent=50, maximum_percent=100)))
        assert found["deployment_minimum_healthy_percent"] == 50
        assert found["deployment_maximum_percent"] == 100
        assert found["availability_zone_rebalancing"] == "DISABLED"

    def test_a_service_has_variables_and_rights_of_its_own(self) -> None:
        puts = IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",))
        found = service(WebInputs(**SIZE, variables={"A": "x"}, secrets={"B": PARAMETER}, iam_statements=(puts,)))
        assert container(found)["environment"] == [{"name": "A", "value": "x"}]
        assert container(found)["secrets"] == [{"name": "B", "valueFrom": PARAMETER}]
        policies = found["aws_iam_role_policy"]
        assert '"s3:PutObject"' in policies["it_task_role_policy"]["policy"]
        assert PARAMETER in policies["it_task_execution_role_policy"]["policy"]

    def test_beat_may_take_longer_to_stop(self) -> None:
        assert container(service(BeatInputs(stop_timeout_seconds=90)))["stopTimeout"] == 90

    def test_a_failed_deployment_goes_back(self, web: Json, worker: Json, beat: Json) -> None:
        for found in (of(web), of(worker), of(beat)):
            assert found["deployment_circuit_breaker"] == {"enable": True, "rollback": True}

    def test_terraform_fails_where_the_circuit_breaker_went_back(self, web: Json) -> None:
        assert of(web)["wait_for_steady_state"] is True
        (postcondition,) = of(web)["lifecycle"]["postcondition"]
        assert postcondition["condition"] == "${self.task_definition == aws_ecs_task_definition.it_task.arn}"

    def test_there_is_never_a_second_beat(self, beat: Json) -> None:
        found = of(beat)
        assert found["desired_count"] == 1
        assert found["deployment_minimum_healthy_percent"] == 0
        assert found["deployment_maximum_percent"] == 100
        assert found["availability_zone_rebalancing"] == "DISABLED"
        assert "aws_appautoscaling_target" not in beat

    def test_a_new_share_of_spot_does_not_replace_the_service(self, web: Json) -> None:
        assert of(web)["force_new_deployment"] is True
        assert of(web)["capacity_provider_strategy"]
        assert "launch_type" not in of(web)

    def test_tags_and_network_are_passed_on_to_tasks(self, web: Json) -> None:
        assert of(web)["propagate_tags"] == "SERVICE"
        assert of(web)["enable_ecs_managed_tags"] is True
        assert of(web)["network_configuration"] == {
            "subnets": ["subnet-11", "subnet-12"],
            "security_groups": ["sg-1"],
            "assign_public_ip": False,
        }

    def test_a_shell_is_opened_by_one_switch(self, web: Json) -> None:
        assert of(web)["enable_execute_command"] is False
        shell = RuntimeInputs(execute_command=True, read_only_root_filesystem=False)
        assert of(service(WORKER, shell))["enable_execute_command"] is True


def test_the_rules_hold_for_a_module_used_alone() -> None:
    with pytest.raises(InvalidInput, match="memory_mib: Fargate has no 1 MiB"):
        service(WorkerInputs(cpu=512, memory_mib=1, desired_count=1))
    with pytest.raises(InvalidInput, match="memory_mib: Fargate has no 1 MiB"):
        one_off(OneOffTaskInputs(command=("python",), memory_mib=1))


def test_a_task_may_pass_by_the_entry_point_of_the_image() -> None:
    inputs = OneOffTaskInputs(command=("check",), entry_point=("python", "manage.py"))
    assert container(one_off(inputs))["entryPoint"] == ["python", "manage.py"]
    assert "entryPoint" not in container(one_off(OneOffTaskInputs(command=("check",))))
    with pytest.raises(InvalidInput, match=r"^entry_point: 'a b' is no program: "):
        one_off(OneOffTaskInputs(command=("check",), entry_point=("a b",)))


class TestWeb:
    def test_it_is_reached_by_the_load_balancer_once_this_listens(self, web: Json) -> None:
        assert of(web)["load_balancer"] == [
            {
                "container_name": "it",
                "container_port": 8000,
                "target_group_arn": "${aws_lb_target_group.alb_target.arn}",
            }
        ]
        assert of(web)["depends_on"] == [
            "aws_ecs_cluster_capacity_providers.cluster_capacity",
            "aws_lb_listener.alb_https",
        ]

    def test_a_new_task_has_time_to_start(self, web: Json) -> None:
        assert of(web)["health_check_grace_period_seconds"] == 60

    def test_a_service_may_have_more_time_than_a_container(self) -> None:
        slow = service(WebInputs(**SIZE, health_check_grace_seconds=600))
        assert of(slow)["health_check_grace_period_seconds"] == 600
        assert container(slow)["healthCheck"]["startPeriod"] == 300

    def test_load_balancer_and_container_ask_the_same(self, web: Json) -> None:
        check = container(web)["healthCheck"]
        assert "http://127.0.0.1:8000/up/" in check["command"][-1]
        assert (check["interval"], check["timeout"], check["retries"], check["startPeriod"]) == (20, 4, 2, 60)

    def test_requests_may_finish_before_the_task_is_killed(self, web: Json) -> None:
        assert container(web)["stopTimeout"] == 60


class TestWorker:
    def test_it_has_neither_load_balancer_nor_health_check(self, worker: Json) -> None:
        assert not {"load_balancer", "health_check_grace_period_seconds"} & of(worker).keys()
        assert "healthCheck" not in container(worker)

    def test_it_runs_what_the_application_says_unless_the_environment_says_more(self, worker: Json) -> None:
        assert container(worker)["command"] == ["python", "-m", "worker"]
        other = service(replace(WORKER, command=("python", "-m", "other")))
        assert container(other)["command"] == ["python", "-m", "other"]

    def test_it_may_finish_its_work(self, worker: Json) -> None:
        assert container(worker)["stopTimeout"] == 120

    @pytest.mark.parametrize(
        ("percent", "weights"),
        [(0, {"FARGATE": 100}), (70, {"FARGATE": 30, "FARGATE_SPOT": 70}), (100, {"FARGATE_SPOT": 100})],
    )
    def test_a_share_of_it_runs_on_spot(self, percent: int, weights: dict[str, int]) -> None:
        strategy = of(service(WorkerInputs(**SIZE, spot_percent=percent)))["capacity_provider_strategy"]
        assert {part["capacity_provider"]: part["weight"] for part in strategy} == weights

    def test_web_runs_on_spot_beyond_its_base_and_has_the_disk_that_it_asks_for(self, web: Json) -> None:
        resources = service(replace(WEB, spot_percent=60, on_demand_base=1, ephemeral_storage_gib=100))
        assert of(resources)["capacity_provider_strategy"] == [
            {"base": 1, "capacity_provider": "FARGATE", "weight": 40},
            {"capacity_provider": "FARGATE_SPOT", "weight": 60},
        ]
        assert only(resources["aws_ecs_task_definition"])["ephemeral_storage"] == {"size_in_gib": 100}
        assert "ephemeral_storage" not in only(web["aws_ecs_task_definition"])


class TestAutoscaling:
    def test_terraform_and_autoscaling_do_not_fight_over_the_count(self, web: Json, scaled: Json) -> None:
        assert of(scaled)["lifecycle"]["ignore_changes"] == ["desired_count"]
        assert "ignore_changes" not in of(web)["lifecycle"]
        assert not {"aws_appautoscaling_target", "aws_appautoscaling_policy"} & web.keys()

    def test_it_stays_within_its_bounds(self, scaled: Json) -> None:
        target = only(scaled["aws_appautoscaling_target"])
        assert (target["min_capacity"], target["max_capacity"]) == (2, 8)
        assert target["resource_id"] == "service/${aws_ecs_cluster.cluster.name}/${aws_ecs_service.it.name}"

    def test_each_metric_has_its_target_and_its_patience(self, scaled: Json) -> None:
        policies = {
            name.removeprefix("it_scaling_"): policy["target_tracking_scaling_policy_configuration"]
            for name, policy in scaled["aws_appautoscaling_policy"].items()
        }
        assert {
            name: (policy["target_value"], policy["scale_in_cooldown"], policy["scale_out_cooldown"])
            for name, policy in policies.items()
        } == {"cpu": (55, 60, 60), "memory": (70, 120, 60), "requests": (1200, 60, 30)}
        assert policies["requests"]["predefined_metric_specification"] == {
            "predefined_metric_type": "ALBRequestCountPerTarget",
            "resource_label": "${aws_lb.alb.arn_suffix}/${aws_lb_target_group.alb_target.arn_suffix}",
        }

    def test_its_patience_may_be_chosen(self) -> None:
        chosen = WebAutoscalingInputs(
            min_count=2, max_count=8, scale_in_cooldown_seconds=300, scale_out_cooldown_seconds=0
        )
        policies = service(WebInputs(**SIZE, autoscaling=chosen))["aws_appautoscaling_policy"].values()
        tracked = [policy["target_tracking_scaling_policy_configuration"] for policy in policies]
        assert [(each["scale_in_cooldown"], each["scale_out_cooldown"]) for each in tracked] == [(300, 0), (300, 0)]

    def test_one_policy_is_made_after_the_other(self, scaled: Json) -> None:
        policies = scaled["aws_appautoscaling_policy"]
        assert {name: policy.get("depends_on") for name, policy in policies.items()} == {
            "it_scaling_cpu": None,
            "it_scaling_memory": ["aws_appautoscaling_policy.it_scaling_cpu"],
            "it_scaling_requests": ["aws_appautoscaling_policy.it_scaling_memory"],
        }

    def test_web_scales_on_memory_only_where_it_is_asked_to(self) -> None:
        autoscaling = WebAutoscalingInputs(min_count=2, max_count=8)
        policies = service(WebInputs(**SIZE, autoscaling=autoscaling))["aws_appautoscaling_policy"]
        assert set(policies) == {"it_scaling_cpu", "it_scaling_requests"}

    def test_a_worker_scales_on_cpu_and_memory_only(self) -> None:
        autoscaling = AutoscalingInputs(min_count=1, max_count=5, memory_percent=None)
        policies = service(WorkerInputs(**SIZE, autoscaling=autoscaling))["aws_appautoscaling_policy"]
        assert set(policies) == {"it_scaling_cpu"}


class TestCluster:
    def test_it_offers_fargate_first_and_spot(self, web: Json) -> None:
        capacity = only(web["aws_ecs_cluster_capacity_providers"])
        assert capacity["capacity_providers"] == ["FARGATE", "FARGATE_SPOT"]
        assert capacity["default_capacity_provider_strategy"] == [{"capacity_provider": "FARGATE", "weight": 1}]

    @pytest.mark.parametrize("value", ["disabled", "enabled", "enhanced"])
    def test_container_insights_are_a_choice(self, value: Any) -> None:
        document = module_json(lambda stack: _cluster(stack, EcsClusterInputs(container_insights=value)))
        cluster = only(document["resource"]["aws_ecs_cluster"])
        assert cluster["setting"] == [{"name": "containerInsights", "value": value}]

    @pytest.mark.parametrize("existing", ["shared", "arn:aws:ecs:us-east-1:123456789012:cluster/shared"])
    def test_one_that_exists_is_used_as_it_is(self, existing: str) -> None:
        arn = "arn:aws:ecs:us-east-1:123456789012:cluster/shared"

        def build(stack: TerraformStack) -> None:
            cluster = _cluster(stack, EcsClusterInputs(existing=existing))
            assert (cluster.outputs.name, cluster.outputs.arn, cluster.ready) == ("shared", arn, [])

        assert "resource" not in module_json(build)

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"existing": "a cluster"}, "existing: 'a cluster' is no name or ARN of a cluster: write it as "),
            (
                {"existing": "arn:aws:ecs:us-east-1:1:cluster/x"},
                "existing: 'arn:aws:ecs:us-east-1:1:cluster/x' is no na",
            ),
            (
                {"existing": "shared", "container_insights": "enhanced"},
                "container_insights: has no effect on a cluster that exists: set it there",
            ),
        ],
    )
    def test_a_cluster_that_cannot_be_meant_is_refused(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(EcsClusterInputs(**changes))
        assert str(error.value).startswith(line)


class TestOneOffTask:
    def test_it_is_registered_and_run_by_no_service(self) -> None:
        resources = one_off(OneOffTaskInputs(command=("python", "manage.py", "check"), ephemeral_storage_gib=21))
        definition = resources["aws_ecs_task_definition"]["task_check"]
        assert (definition["family"], definition["cpu"], definition["memory"]) == ("django-test-check", "256", "512")
        assert container(resources)["command"] == ["python", "manage.py", "check"]
        assert definition["ephemeral_storage"] == {"size_in_gib": 21}
        assert container(resources)["name"] == "check"
        assert "aws_ecs_service" not in resources

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"command": ()}, "command: is empty"),
            ({"command": ("python manage.py check",)}, "command: 'python manage.py check' is no program"),
            ({"memory_mib": 300}, "memory_mib: Fargate has no 300 MiB with 256 CPU units"),
            ({"ephemeral_storage_gib": 201}, "ephemeral_storage_gib: got 201"),
        ],
    )
    def test_what_breaks_a_rule_is_told_in_one_line(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(OneOffTaskInputs(**{"command": ("python",), **changes}))
        assert line in str(error.value)
