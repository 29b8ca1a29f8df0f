"""A service is told as it is: which image its new tasks have, and whether they are all that runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from cli.ecs.service import Services, ServiceStatus
from tests.cli.deploy.fakes import service
from tests.cli.ecs.cluster import ACCOUNT, WEB, Cluster

pytestmark = pytest.mark.thorough


def test_a_steady_service_is_told_with_its_image_its_tasks_and_its_place(cluster: Cluster) -> None:
    definition = cluster.create_service("1.0.0", count=2)
    (status,) = cluster.services.describe([WEB])
    assert (status.image, status.tag, status.running, status.desired) == ("registry.test/django:1.0.0", "1.0.0", 2, 2)
    assert status.is_steady
    assert status.task_definition == definition
    assert status.network == cluster.network
    assert len(status.tasks) == 2


def test_one_that_is_being_replaced_is_not_steady_and_is_waited_for(cluster: Cluster) -> None:
    cluster.create_service("1.0.0")
    cluster.update_service("2.0.0")
    at_once = cluster.wait(seconds=-1)
    later = cluster.wait()
    assert later.is_steady
    assert later.image.endswith(":2.0.0")
    assert at_once.since <= later.since


def test_one_that_was_rolled_back_runs_another_than_the_one_that_was_meant(cluster: Cluster) -> None:
    before = cluster.create_service("1.0.0")
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    cluster.update_service("2.0.0")
    status = cluster.wait()
    assert status.image.endswith(":1.0.0")
    assert status.task_definition == before
    assert any("rolling back" in event for event in status.events)


def test_a_deployment_that_was_taken_back_to_the_same_task_definition_is_known_by_its_own_record(
    cluster: Cluster,
) -> None:
    before = cluster.create_service("1.0.0")
    assert cluster.services.rollback_of(cluster.wait()) == ""
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    cluster.ecs.update_service(cluster=cluster.services.cluster, service=WEB, forceNewDeployment=True)
    status = cluster.wait()
    assert (status.task_definition, status.is_steady, status.rollout) == (before, True, "COMPLETED")
    assert "circuit breaker: rolling back to deploymentId" in cluster.services.rollback_of(status)
    cluster.aws.ecs.fail_deployments_of.clear()
    cluster.ecs.update_service(cluster=cluster.services.cluster, service=WEB, forceNewDeployment=True)
    assert cluster.services.rollback_of(cluster.wait()) == ""


def test_the_alarm_at_which_a_deployment_was_taken_back_is_known_by_its_name(cluster: Cluster) -> None:
    alarm, cloudwatch = f"{WEB}-deployment-errors", cluster.aws.client("cloudwatch", ACCOUNT)
    cloudwatch.put_metric_alarm(
        AlarmName=alarm, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1
    )
    before = cluster.create_service("1.0.0", alarms=(alarm,))
    assert cluster.services.alarms_of(cluster.wait()) == []
    cluster.update_service("2.0.0")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="by a test")
    status = cluster.wait()
    assert (status.task_definition, status.is_steady) == (before, True)
    assert cluster.services.alarms_of(status) == [alarm]
    assert cluster.services.rollback_of(status)
    # In ALARM as it is, it keeps no fix from being deployed, and is not why.
    cluster.update_service("3.0.0")
    status = cluster.wait()
    assert (status.tag, cluster.services.alarms_of(status)) == ("3.0.0", [])


def test_what_has_failed_is_not_waited_for(cluster: Cluster) -> None:
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    started = time.monotonic()
    cluster.create_service(seconds=60)
    assert time.monotonic() - started < 30
    (status,) = cluster.services.describe([WEB])
    assert status.has_failed
    assert not status.is_steady
    assert status.running == 0


def test_what_had_failed_runs_when_it_is_started_anew(cluster: Cluster) -> None:
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    cluster.create_service()
    cluster.aws.ecs.fail_deployments_of.clear()
    assert cluster.wait(seconds=-1).has_failed
    cluster.services.restart(WEB)
    assert cluster.wait().is_steady


@dataclass(frozen=True)
class Looks(Services):
    """A service as it is at each look; the last look lasts."""

    looks: list[ServiceStatus]

    def describe(self, names: Iterable[str]) -> list[ServiceStatus]:
        return [self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]]


def looked_at(*looks: ServiceStatus, seconds: float = 10, lasting: float = 0.05) -> ServiceStatus:
    services = Looks(None, "cluster", list(looks))  # type: ignore[arg-type]
    (found,) = services.wait(["web"], timeout_seconds=seconds, lasting_seconds=lasting, poll_seconds=0.01)
    return found


def running(*tasks: str, **given: Any) -> ServiceStatus:
    return service(tasks=frozenset(tasks), **given)


def test_steady_for_a_moment_is_not_steady() -> None:
    down = running(running=1)
    found = looked_at(running("a", "b"), down, running("a", "c"), down, seconds=0.2)
    assert not found.is_steady


def test_tasks_that_end_again_and_again_are_told_however_many_run_at_each_look() -> None:
    looks = [running(str(number), str(number + 1)) for number in range(40)]
    found = looked_at(*looks, seconds=0.2)
    assert found.is_restarting
    assert not found.is_steady


def test_tasks_that_come_to_stay_are_steady_whatever_was_before() -> None:
    found = looked_at(running("a"), running("b"), running("b"))
    assert found.is_steady


def test_more_tasks_are_no_restart() -> None:
    assert looked_at(running("a"), running("a", "b"), running("a", "b", "c")).is_steady


def test_a_deleted_service_and_a_cluster_that_is_not_there_have_none(cluster: Cluster) -> None:
    cluster.create_service()
    cluster.ecs.delete_service(cluster="django-test", service=WEB, force=True)
    assert cluster.services.describe([WEB]) == []
    assert Services(cluster.ecs, "elsewhere").describe([WEB]) == []


@pytest.mark.parametrize(
    "given",
    [{"rollout": "IN_PROGRESS"}, {"rollout": "FAILED"}, {"deployments": 2}, {"running": 1}, {"is_restarting": True}],
)
def test_steady_is_only_what_runs_all_that_it_should_and_nothing_else(given: dict[str, Any]) -> None:
    assert service().is_steady
    assert not service(**given).is_steady


def test_what_ecs_takes_back_has_not_failed_for_good() -> None:
    assert service(rollout="FAILED").has_failed
    assert not service(rollout="FAILED", deployments=2).has_failed


class _Ecs:
    """It describes ten services at a time, and these are INACTIVE."""

    exceptions = SimpleNamespace(ClusterNotFoundException=KeyError)

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def describe_services(self, cluster: str, services: list[str]) -> Any:
        self.asked.append(services)
        return {"services": [{"serviceName": name, "status": "INACTIVE"} for name in services]}


def test_more_services_than_ecs_describes_at_once_are_asked_for_in_turn() -> None:
    ecs, names = _Ecs(), [f"django-test-worker-{number}" for number in range(11)]
    assert Services(ecs, "django-test").describe(names) == []  # type: ignore[arg-type]
    assert ecs.asked == [names[:10], names[10:]]
