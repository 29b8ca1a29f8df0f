"""A cluster on the local AWS with a service and a one-off task."""

from __future__ import annotations

from typing import Any

import pytest

from cli.ecs.network import Network
from cli.ecs.service import Services, ServiceStatus
from cli.ecs.task import Tasks
from cli.local_aws.server import LocalAws

ACCOUNT = "123412341234"
PREFIX = "django-test"
WEB = f"{PREFIX}-web"
MIGRATE = f"{PREFIX}-migrate"
LOG = f"/ecs/{PREFIX}/migrate"


class Cluster:
    """What a deployment finds in an account."""

    def __init__(self, aws: LocalAws, prefix: str = PREFIX) -> None:
        self.aws = aws
        self.prefix = prefix
        self.web, self.log = f"{prefix}-web", f"/ecs/{prefix}/migrate"
        self.ecs: Any = aws.client("ecs", ACCOUNT)
        self.logs: Any = aws.client("logs", ACCOUNT)
        ec2: Any = aws.client("ec2", ACCOUNT)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # more than a thousand, and none runs here
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
        self.network = Network(subnet_ids=(subnet,), security_group_ids=(group,))
        self.logs.create_log_group(logGroupName=self.log)
        self.ecs.create_cluster(clusterName=prefix)
        self.tasks = Tasks(self.ecs, self.logs, prefix, poll_seconds=0.01)
        self.services = Services(self.ecs, prefix)

    def register(self, family: str, tag: str = "1.0.0", *, first: str | None = None, sidecar: str | None = None) -> str:
        """A task definition of the image with this tag, whose log is that of the migration; `first` runs before it."""
        options = {"awslogs-group": self.log, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
        container: dict[str, Any] = {
            "name": family.removeprefix(f"{self.prefix}-"),
            "image": f"registry.test/django:{tag}",
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        other = {**container, "image": "registry.test/other:1", "essential": False}
        others = [{**other, "name": name} for name in (first, sidecar) if name]
        if first:
            container["dependsOn"] = [{"containerName": first, "condition": "SUCCESS"}]
        definition = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[container, *others],
        )
        return str(definition["taskDefinition"]["taskDefinitionArn"])

    def create_service(
        self, tag: str = "1.0.0", count: int = 2, seconds: float = 10, alarms: tuple[str, ...] = ()
    ) -> str:
        """A web service of an image, which has this long to become steady; the ARN of its task definition."""
        definition = self.register(self.web, tag)
        configuration: dict[str, Any] = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
        if alarms:
            configuration["alarms"] = {"enable": True, "rollback": True, "alarmNames": [*alarms]}
        self.ecs.create_service(
            cluster=self.prefix,
            serviceName=self.web,
            taskDefinition=definition,
            desiredCount=count,
            capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 100}],
            deploymentConfiguration=configuration,
            networkConfiguration=self.network.configuration(),
        )
        self.wait(seconds)
        return definition

    def update_service(self, tag: str) -> str:
        """Begin a deployment of another image; the ARN of its task definition."""
        definition = self.register(self.web, tag)
        self.ecs.update_service(cluster=self.prefix, service=self.web, taskDefinition=definition)
        return definition

    def wait(self, seconds: float = 10, lasting: float = 0, poll: float = 0) -> ServiceStatus:
        """The web service, once it is steady or the time is over."""
        (status,) = self.services.wait([self.web], timeout_seconds=seconds, lasting_seconds=lasting, poll_seconds=poll)
        return status
