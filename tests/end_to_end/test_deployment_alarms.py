"""Alarms of a service, with the provider as published: as planned, a deployment taken back, turned off, and gone."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.terraform.runner import TerraformFailed
from tests.cli.review.planning.trees import Tree
from tests.end_to_end import test_dns
from tests.end_to_end.test_redis_users import ACCOUNT, deployed
from tests.modules.test_deployment_alarms import resources
from tests.support import Json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

CLUSTER, SERVICE, ALARM = "django-test", "django-test-web", "django-test-web-deployment-errors"
KINDS = ("aws_cloudwatch_metric_alarm", "aws_ecs_cluster", "aws_ecs_cluster_capacity_providers")


def web(image: str, place: dict[str, str], *, enabled: bool = True) -> Json:
    """The service, its alarms and its cluster, without the load balancer and the roles, which take longer."""
    made = resources(enabled=enabled)
    task, service = made["aws_ecs_task_definition"]["web_task"], made["aws_ecs_service"]["web"]
    for name in ("depends_on", "execution_role_arn", "task_role_arn"):
        del task[name]
    for name in ("depends_on", "load_balancer", "health_check_grace_period_seconds"):
        del service[name]
    log = {"web_task_log": made["aws_cloudwatch_log_group"]["web_task_log"]}
    found = {
        **{kind: made[kind] for kind in KINDS},
        "aws_cloudwatch_log_group": log,
        "aws_ecs_service": {"web": service},
        "aws_ecs_task_definition": {"web_task": task},
    }
    text = json.dumps(found).replace("registry/django:1.0.0", image)
    for name, value in place.items():
        text = text.replace(name, value)
    return deployed(json.loads(text))


def test_an_alarm_takes_a_deployment_back_and_terraform_says_so(aws: LocalAws, tmp_path: Path) -> None:
    network = test_dns.network(aws, ACCOUNT)
    ec2, ecs, cloudwatch = aws.client("ec2", ACCOUNT), aws.client("ecs", ACCOUNT), aws.client("cloudwatch", ACCOUNT)
    group = ec2.create_security_group(GroupName="it", Description="it", VpcId=network.vpc_id)["GroupId"]
    place = {
        '"subnet-1"': f'"{network.private_subnet_ids[0]}"',
        '"sg-1"': f'"{group}"',
        "${aws_lb.alb.arn_suffix}": "app/django-test/0123456789abcdef",
        "${aws_lb_target_group.alb_target.arn_suffix}": "targetgroup/django/fedcba9876543210",
    }
    tree = Tree(tmp_path, service=web("registry/django:1.0.0", place))
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (unit,) = deployment.units
    deployment.initialize(unit)
    deployment.apply(unit)
    assert deployment.plan(unit) == {}
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 3

    def latest() -> str:
        found = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
        return str(found[0]["serviceDeploymentArn"])

    def fire() -> None:
        while latest() == before and not is_over.wait(0.05):
            pass
        cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="by a test")

    tree.write("service", web("registry/django:2.0.0", place))
    before, is_over = latest(), threading.Event()
    thread = threading.Thread(target=fire)
    thread.start()
    with pytest.raises(TerraformFailed, match="was rolled back, by its circuit breaker or an alarm: run `make logs"):
        deployment.apply(unit)
    is_over.set()
    thread.join()
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    assert service["taskDefinition"].endswith(":1")

    # It fires still, and keeps no fix from being deployed.
    deployment.apply(unit)
    assert deployment.plan(unit) == {}

    tree.write("service", web("registry/django:2.0.0", place, enabled=False))
    deployment.apply(unit)
    assert deployment.plan(unit) == {}
    (service,) = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
    configuration = service["deploymentConfiguration"]
    assert (configuration["alarms"]["enable"], configuration["deploymentCircuitBreaker"]["enable"]) == (False, True)

    deployment.destroy(unit)
    assert deployment.resources(unit) == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
