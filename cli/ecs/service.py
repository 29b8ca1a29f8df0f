"""What the services of an environment run: which image, how many tasks, since when."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cli.ecs.network import Network

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef, ServiceTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """A service as ECS describes it."""

    name: str
    image: str
    """Of the task definition that its primary deployment runs: repository with tag or digest."""
    task_definition: str
    """The ARN of that task definition."""
    running: int
    desired: int
    deployments: int
    """One when the service is steady: any other is still being replaced."""
    rollout: str
    """COMPLETED, IN_PROGRESS or FAILED, of the primary deployment."""
    since: datetime
    """When that deployment began."""
    network: Network
    events: tuple[str, ...]
    """What ECS has said last, the latest first."""

    @property
    def is_steady(self) -> bool:
        """Whether what it should run is all that it runs."""
        return self.deployments == 1 and self.rollout == "COMPLETED" and self.running == self.desired


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a cluster."""

    ecs: ECSClient
    cluster: str

    def describe(self, names: Iterable[str]) -> list[ServiceStatus]:
        """The services of these names that there are. A cluster that does not exist has none."""
        try:
            answer = self.ecs.describe_services(cluster=self.cluster, services=list(names))
        except self.ecs.exceptions.ClusterNotFoundException:
            return []
        return [self._status(service) for service in answer["services"] if service["status"] == "ACTIVE"]

    def wait(self, names: Iterable[str], *, timeout_seconds: float, poll_seconds: float = 5.0) -> list[ServiceStatus]:
        """Describe services once all are steady, or as they are when the time is over."""
        end = time.monotonic() + timeout_seconds
        wanted = list(names)
        while True:
            found = self.describe(wanted)
            if all(status.is_steady for status in found) or time.monotonic() > end:
                return found
            time.sleep(poll_seconds)

    def latest(self, family: str) -> str:
        """The ARN of the newest task definition of a family, which is the one that Terraform registered last."""
        return self.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]["taskDefinitionArn"]

    def _status(self, service: ServiceTypeDef) -> ServiceStatus:
        primary = _primary(service)
        definition = self.ecs.describe_task_definition(taskDefinition=primary["taskDefinition"])["taskDefinition"]
        return ServiceStatus(
            name=service["serviceName"],
            image=definition["containerDefinitions"][0]["image"],
            task_definition=primary["taskDefinition"],
            running=service["runningCount"],
            desired=service["desiredCount"],
            deployments=len(service["deployments"]),
            rollout=primary.get("rolloutState", "COMPLETED"),
            since=primary["createdAt"],
            network=Network.of_service(service["networkConfiguration"]),
            events=tuple(event["message"] for event in service.get("events", ())[:5]),
        )


def _primary(service: ServiceTypeDef) -> DeploymentTypeDef:
    return next(deployment for deployment in service["deployments"] if deployment["status"] == "PRIMARY")
