"""What the services of an environment run: which image, how many tasks, since when."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cli.ecs.definition import main_container
from cli.ecs.network import Network

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef, ServiceDeploymentBriefTypeDef, ServiceTypeDef

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
SERVICES_PER_CALL = 10


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
    tasks: frozenset[str] = frozenset()
    """The ARNs of the tasks that run."""
    is_restarting: bool = False
    """Whether its tasks were seen to end soon after they had started."""

    @property
    def tag(self) -> str:
        """The tag or the digest of the image."""
        repository, at, digest = self.image.partition("@")
        return digest if at else repository.rpartition(":")[2]

    @property
    def is_steady(self) -> bool:
        """Whether what it should run is all that it runs."""
        is_whole = self.deployments == 1 and self.rollout == "COMPLETED" and self.running == self.desired
        return is_whole and not self.is_restarting

    @property
    def has_failed(self) -> bool:
        """Whether ECS has given its tasks up, with nothing to go back to: only a new deployment starts some.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html
        """
        return self.rollout == "FAILED" and self.deployments == 1


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a cluster."""

    ecs: ECSClient
    cluster: str

    def describe(self, names: Iterable[str]) -> list[ServiceStatus]:
        """The services of these names that there are. A cluster that does not exist has none."""
        wanted = list(names)
        batches = [wanted[start : start + SERVICES_PER_CALL] for start in range(0, len(wanted), SERVICES_PER_CALL)]
        try:
            answers = [self.ecs.describe_services(cluster=self.cluster, services=batch) for batch in batches]
        except self.ecs.exceptions.ClusterNotFoundException:
            return []
        services = [service for answer in answers for service in answer["services"]]
        return [self._status(service) for service in services if service["status"] == "ACTIVE"]

    def wait(
        self,
        names: Iterable[str],
        *,
        timeout_seconds: float,
        lasting_seconds: float,
        poll_seconds: float = 5.0,
        on_look: Callable[[list[ServiceStatus]], None] = lambda _found: None,
    ) -> list[ServiceStatus]:
        """Describe services once all are steady, one of them has failed, or the time is over.

        Steady is what keeps its tasks for `lasting_seconds`: ECS takes a deployment for completed as soon as its tasks
        run, so that one which ends again and again is steady in between, unless a health check says otherwise.
        """
        end = time.monotonic() + timeout_seconds
        wanted = list(names)
        seen: dict[str, tuple[float, frozenset[str]]] = {}
        restarting: set[str] = set()
        while True:
            found, now = self.describe(wanted), time.monotonic()
            on_look(found)
            for status in found:
                begun, tasks = seen.get(status.name, (now, status.tasks))
                if not tasks <= status.tasks:
                    restarting.add(status.name)
                if status.is_steady:
                    seen[status.name] = (begun, tasks) if tasks <= status.tasks else (now, status.tasks)
                else:
                    seen.pop(status.name, None)
            lasting = {name for name, (begun, _) in seen.items() if now - begun >= lasting_seconds}
            if any(status.has_failed for status in found) or {status.name for status in found} <= lasting:
                return found
            if now > end:
                return [replace(each, is_restarting=each.name in restarting - lasting) for each in found]
            time.sleep(poll_seconds)

    def rollback_of(self, status: ServiceStatus) -> str:
        """Why ECS took the latest deployment of a service back, or is about to; nothing where it did not.

        A deployment that changes no task definition is taken back to the same one, so that the service looks as if all
        had gone well.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentBrief.html
        """
        latest = self._latest_deployment(status)
        if not latest or not latest["status"].startswith("ROLLBACK"):
            return ""
        return latest.get("statusReason") or latest["status"]

    def alarms_of(self, status: ServiceStatus) -> list[str]:
        """The alarms at which ECS ended the latest deployment of a service. Its events and reasons do not name them.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentAlarms.html
        """
        latest = self._latest_deployment(status)
        if not latest:
            return []
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[latest["serviceDeploymentArn"]])
        (deployment,) = found["serviceDeployments"]
        return deployment.get("alarms", {}).get("triggeredAlarmNames", [])

    def _latest_deployment(self, status: ServiceStatus) -> ServiceDeploymentBriefTypeDef | None:
        # What is primary now began with the latest deployment, or when that had failed, which takes hours at most.
        deployments = self.ecs.list_service_deployments(
            cluster=self.cluster, service=status.name, createdAt={"after": status.since - timedelta(days=1)}
        )["serviceDeployments"]
        return max(deployments, key=lambda each: each["createdAt"], default=None)

    def restart(self, name: str) -> None:
        """Start a new deployment of what a service runs."""
        self.ecs.update_service(cluster=self.cluster, service=name, forceNewDeployment=True)

    def scale(self, name: str, tasks: int) -> None:
        """Have a service run so many tasks."""
        self.ecs.update_service(cluster=self.cluster, service=name, desiredCount=tasks)

    def _status(self, service: ServiceTypeDef) -> ServiceStatus:
        primary = _primary(service)
        definition = self.ecs.describe_task_definition(taskDefinition=primary["taskDefinition"])["taskDefinition"]
        pages = self.ecs.get_paginator("list_tasks").paginate(
            cluster=self.cluster, serviceName=service["serviceName"], desiredStatus="RUNNING"
        )
        return ServiceStatus(
            name=service["serviceName"],
            image=main_container(definition)["image"],
            task_definition=primary["taskDefinition"],
            running=service["runningCount"],
            desired=service["desiredCount"],
            deployments=len(service["deployments"]),
            rollout=primary.get("rolloutState", "COMPLETED"),
            since=primary["createdAt"],
            network=Network.of_service(service["networkConfiguration"]),
            events=tuple(event["message"] for event in service.get("events", ())[:5]),
            tasks=frozenset(arn for page in pages for arn in page["taskArns"]),
        )


def _primary(service: ServiceTypeDef) -> DeploymentTypeDef:
    return next(deployment for deployment in service["deployments"] if deployment["status"] == "PRIMARY")
