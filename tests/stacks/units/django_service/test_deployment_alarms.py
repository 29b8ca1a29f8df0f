"""One line of data has deployments of web services rolled back at alarms of their own."""

from __future__ import annotations

from dataclasses import replace

from cdktf import App

from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.stacks.units.test_observability import environment
from tests.support import Json, synthesized

NOTICES = "${data.terraform_remote_state.alerts.outputs.notices_topic_arn}"


def unit(of: Environment) -> Json:
    found: Json = synthesized(next(each for each in compose(App(), of) if each.NAME == "django-service"))
    return found


def with_alarms(of: Environment) -> Environment:
    return replace(of, django_service=replace(of.django_service, deployment_alarms=DeploymentAlarmsInputs()))


def test_each_web_service_has_those_of_its_own_target_group_and_the_others_have_none() -> None:
    document = unit(with_alarms(environment(observability=None)))
    alarms, services = (document["resource"][kind] for kind in ("aws_cloudwatch_metric_alarm", "aws_ecs_service"))
    groups = {"web": "load_balancer_target", "web_api": "route_api_target"}
    assert {name for name, service in services.items() if "alarms" in service} == {*groups}
    assert len(alarms) == 3 * len(groups)
    for service, group in groups.items():
        assert alarms[f"{service}_deployment_health"]["dimensions"] == {
            "LoadBalancer": "${aws_lb.load_balancer.arn_suffix}",
            "TargetGroup": f"${{aws_lb_target_group.{group}.arn_suffix}}",
        }
        assert len(services[service]["alarms"]["alarm_names"]) == 3
        assert all(f".{service}_deployment_" in name for name in services[service]["alarms"]["alarm_names"])
    # What went back by itself can wait.
    assert {action for alarm in alarms.values() for action in alarm["alarm_actions"]} == {NOTICES}


def test_without_alerts_they_tell_nobody_and_nothing_is_read_of_them() -> None:
    document = unit(with_alarms(environment(observability=None, alerts=None)))
    alarms = document["resource"]["aws_cloudwatch_metric_alarm"].values()
    assert not [alarm for alarm in alarms if "alarm_actions" in alarm]
    assert "alerts" not in document["data"]["terraform_remote_state"]


def test_without_that_line_alerts_change_nothing_of_the_service() -> None:
    watched = environment(observability=None)
    document = unit(watched)
    assert "aws_cloudwatch_metric_alarm" not in document["resource"]
    assert document == unit(replace(watched, alerts=None))
