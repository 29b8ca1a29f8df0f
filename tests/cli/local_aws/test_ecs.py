"""Services, deployments and one-off tasks have the course that they have on AWS, and a test decides how they go."""

from __future__ import annotations

from typing import Any

import pytest

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough

CLUSTER = "django-test"
SERVICE = "django-test-web"
TASK = "django-test-migrate"
ALARM = "django-test-web-deployment-errors"
LOGS = "/ecs/django-test/migrate"


class Cluster:
    """A cluster with a service, and what is asked of it."""

    def __init__(self, aws: LocalAws) -> None:
        self.ecs: Any = aws.client("ecs", ACCOUNT)
        self.logs: Any = aws.client("logs", ACCOUNT)
        self.cloudwatch: Any = aws.client("cloudwatch", ACCOUNT)
        self.ec2: Any = aws.client("ec2", ACCOUNT)
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = self.ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
        self.network = {"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [group]}}
        self.logs.create_log_group(logGroupName=LOGS)
        self.ecs.create_cluster(clusterName=CLUSTER)

    def register(self, family: str) -> str:
        options = {"awslogs-group": LOGS, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
        definition = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {"name": "app", "image": "app:1", "logConfiguration": {"logDriver": "awslogs", "options": options}}
            ],
        )
        return str(definition["taskDefinition"]["taskDefinitionArn"])

    def create_service(self, rollback: bool = True, count: int = 2, alarms: tuple[str, ...] = ()) -> str:
        first = self.register(SERVICE)
        configuration: dict[str, Any] = {"deploymentCircuitBreaker": {"enable": True, "rollback": rollback}}
        if alarms:
            configuration["alarms"] = {"enable": True, "rollback": rollback, "alarmNames": [*alarms]}
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=SERVICE,
            taskDefinition=first,
            desiredCount=count,
            capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 100}],
            deploymentConfiguration=configuration,
            networkConfiguration=self.network,
        )
        return first

    def set_alarm(self, state: str) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="by a test")

    def update_service(self) -> str:
        new = self.register(SERVICE)
        self.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=new)
        return new

    def look(self) -> Any:
        (service,) = self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        return service

    def run(self, **overrides: Any) -> Any:
        answer = self.ecs.run_task(
            cluster=CLUSTER,
            taskDefinition=TASK,
            launchType="FARGATE",
            networkConfiguration=self.network,
            overrides=overrides,
        )
        (task,) = answer["tasks"]
        assert task["lastStatus"] == "PROVISIONING"
        assert "exitCode" not in task["containers"][0]
        while task["lastStatus"] != "STOPPED":
            (task,) = self.ecs.describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]])["tasks"]
        return task


@pytest.fixture
def cluster(aws: LocalAws) -> Cluster:
    return Cluster(aws)


def rollouts(service: Any) -> list[tuple[str, str, str]]:
    return [(each["status"], each["rolloutState"], each["taskDefinition"]) for each in service["deployments"]]


def test_a_service_reaches_a_steady_state(cluster: Cluster) -> None:
    first = cluster.create_service()
    service = cluster.look()
    assert rollouts(service) == [("PRIMARY", "COMPLETED", first)]
    assert service["runningCount"] == service["desiredCount"] == service["deployments"][0]["runningCount"] == 2
    assert service["taskDefinition"] == first
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


def test_a_new_task_definition_replaces_what_runs(cluster: Cluster) -> None:
    first = cluster.create_service()
    cluster.look()
    second = cluster.update_service()
    assert second != first
    assert rollouts(cluster.look()) == [("PRIMARY", "COMPLETED", second)]


def test_a_failing_deployment_goes_back_to_what_ran_before(aws: LocalAws, cluster: Cluster) -> None:
    first = cluster.create_service()
    cluster.look()
    aws.ecs.fail_deployments_of.add(SERVICE)
    second = cluster.update_service()
    assert rollouts(cluster.look()) == [("PRIMARY", "IN_PROGRESS", second), ("ACTIVE", "COMPLETED", first)]
    service = cluster.look()
    assert rollouts(service)[:2] == [("PRIMARY", "IN_PROGRESS", first), ("ACTIVE", "FAILED", second)]
    assert service["runningCount"] == 2, "what ran before goes on"
    while len(service["deployments"]) > 1:
        service = cluster.look()
    assert rollouts(service) == [("PRIMARY", "COMPLETED", first)]
    assert service["taskDefinition"] == first
    assert any("deployment failed: tasks failed to start" in event["message"] for event in service["events"])

    aws.ecs.fail_deployments_of.clear()
    third = cluster.update_service()
    assert rollouts(cluster.look())[0] == ("PRIMARY", "COMPLETED", third)


@pytest.mark.parametrize("rollback", [True, False])
def test_a_deployment_that_fails_with_nothing_to_go_back_to_stays_failed(
    aws: LocalAws, cluster: Cluster, rollback: bool
) -> None:
    aws.ecs.fail_deployments_of.add(SERVICE)
    first = cluster.create_service(rollback=rollback)
    services = [cluster.look() for _ in range(4)]
    assert rollouts(services[-1]) == [("PRIMARY", "FAILED", first)]
    assert services[-1]["runningCount"] == 0


@pytest.fixture
def watched(cluster: Cluster) -> Cluster:
    """With an alarm, and a service whose first deployment is over."""
    cluster.cloudwatch.put_metric_alarm(
        AlarmName=ALARM, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1.0
    )
    cluster.create_service(alarms=(ALARM,))
    settled(cluster)
    return cluster


def settled(cluster: Cluster) -> Any:
    """The service once its deployment is over."""
    while True:
        service = cluster.look()
        if [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED"]:
            return service


def latest_deployment(cluster: Cluster) -> Any:
    brief, *_ = cluster.ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    arns = [brief["serviceDeploymentArn"]]
    (found,) = cluster.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
    return found


def test_an_alarm_that_fires_during_a_deployment_takes_it_back_and_is_named(watched: Cluster) -> None:
    first = watched.look()["taskDefinition"]
    second = watched.update_service()
    assert rollouts(watched.look()) == [("PRIMARY", "IN_PROGRESS", second), ("ACTIVE", "COMPLETED", first)]
    watched.set_alarm("ALARM")
    assert rollouts(watched.look())[:2] == [("PRIMARY", "IN_PROGRESS", first), ("ACTIVE", "FAILED", second)]
    service = settled(watched)
    assert (service["taskDefinition"], service["runningCount"]) == (first, 2)
    assert any("deployment failed: alarm detected." in event["message"] for event in service["events"])
    found = latest_deployment(watched)
    assert (found["status"], found["alarms"]["triggeredAlarmNames"]) == ("ROLLBACK_SUCCESSFUL", [ALARM])


def test_without_data_in_alarm_already_or_turned_off_it_takes_nothing_back(watched: Cluster) -> None:
    second = watched.update_service()
    watched.set_alarm("INSUFFICIENT_DATA")
    assert settled(watched)["taskDefinition"] == second

    watched.set_alarm("ALARM")
    fix = watched.update_service()
    assert settled(watched)["taskDefinition"] == fix
    assert latest_deployment(watched)["alarms"]["status"] == "DISABLED"

    watched.set_alarm("OK")
    alarms = {"enable": False, "rollback": True, "alarmNames": [ALARM]}
    watched.ecs.update_service(cluster=CLUSTER, service=SERVICE, deploymentConfiguration={"alarms": alarms})
    configuration = watched.look()["deploymentConfiguration"]
    assert configuration["alarms"] == alarms
    assert configuration["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}, "which nobody changed"
    fourth = watched.update_service()
    watched.set_alarm("ALARM")
    assert settled(watched)["taskDefinition"] == fourth


def test_a_service_scales_without_a_deployment(cluster: Cluster) -> None:
    cluster.create_service()
    before = cluster.look()
    cluster.ecs.update_service(cluster=CLUSTER, service=SERVICE, desiredCount=3)
    after = cluster.look()
    assert [each["id"] for each in after["deployments"]] == [each["id"] for each in before["deployments"]]
    assert (before["runningCount"], after["runningCount"]) == (2, 3)


def test_the_tasks_of_a_service_are_listed_until_it_is_deleted(cluster: Cluster) -> None:
    def listed() -> list[str]:
        return list(cluster.ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"])

    first = cluster.create_service()
    cluster.look()
    tasks = cluster.ecs.describe_tasks(cluster=CLUSTER, tasks=listed())["tasks"]
    assert [(task["lastStatus"], task["taskDefinitionArn"]) for task in tasks] == [("RUNNING", first)] * 2
    cluster.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)
    assert listed() == []
    cluster.ec2.delete_subnet(SubnetId=cluster.subnet)  # which network interfaces would keep


def test_a_task_ends_with_the_exit_code_and_the_log_that_it_was_given(aws: LocalAws, cluster: Cluster) -> None:
    definition = cluster.register(TASK)
    aws.ecs.exit_codes[TASK] = 3
    aws.ecs.logs[TASK] = ["Running migrations:", "no such table"]
    command = ["python", "manage.py", "migrate"]
    task = cluster.run(containerOverrides=[{"name": "app", "command": command}])
    (container,) = task["containers"]
    assert (container["name"], container["exitCode"]) == ("app", 3)
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    stream = f"ecs/app/{task['taskArn'].split('/')[-1]}"
    events = cluster.logs.get_log_events(logGroupName=LOGS, logStreamName=stream)["events"]
    assert [event["message"] for event in events] == ["Running migrations:", "no such table"]
    (run,) = aws.ecs.runs
    assert (run.family, run.task_definition, run.command) == (TASK, definition, tuple(command))


def test_a_task_succeeds_by_default(cluster: Cluster) -> None:
    cluster.register(TASK)
    assert cluster.run()["containers"][0]["exitCode"] == 0


def test_a_task_that_cannot_start_has_no_exit_code(aws: LocalAws, cluster: Cluster) -> None:
    cluster.register(TASK)
    aws.ecs.cannot_start[TASK] = "CannotPullContainerError: image not found"
    task = cluster.run()
    assert (task["stopCode"], task["stoppedReason"]) == ("TaskFailedToStart", aws.ecs.cannot_start[TASK])
    assert "exitCode" not in task["containers"][0]


def test_a_task_can_be_stopped(cluster: Cluster) -> None:
    cluster.register(TASK)
    answer = cluster.ecs.run_task(
        cluster=CLUSTER, taskDefinition=TASK, launchType="FARGATE", networkConfiguration=cluster.network
    )
    arn = answer["tasks"][0]["taskArn"]
    cluster.ecs.stop_task(cluster=CLUSTER, task=arn, reason="interrupted")
    (task,) = cluster.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
    assert (task["lastStatus"], task["stopCode"], task["stoppedReason"]) == ("STOPPED", "UserInitiated", "interrupted")
