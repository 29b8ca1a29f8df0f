"""A service is told as it is: which image its new tasks have, and whether they are all that runs."""

from __future__ import annotations

from typing import Any

import pytest

from cli.ecs.service import Services
from tests.cli.deploy.fakes import service
from tests.cli.ecs.cluster import WEB, Cluster


def test_a_steady_service_is_told_with_its_image_its_tasks_and_its_place(cluster: Cluster) -> None:
    cluster.create_service("1.0.0", count=2)
    (status,) = cluster.services.describe([WEB])
    assert (status.image, status.running, status.desired) == ("registry.test/django:1.0.0", 2, 2)
    assert status.is_steady
    assert status.task_definition == cluster.services.latest(WEB)
    assert status.network == cluster.network


def test_one_that_is_being_replaced_is_not_steady_and_is_waited_for(cluster: Cluster) -> None:
    cluster.create_service("1.0.0")
    cluster.update_service("2.0.0")
    (at_once,) = cluster.services.wait([WEB], timeout_seconds=-1)
    (later,) = cluster.services.wait([WEB], timeout_seconds=10, poll_seconds=0)
    assert later.is_steady
    assert later.image.endswith(":2.0.0")
    assert at_once.since <= later.since


def test_one_that_was_rolled_back_runs_another_than_the_newest_task_definition(cluster: Cluster) -> None:
    cluster.create_service("1.0.0")
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    cluster.update_service("2.0.0")
    (status,) = cluster.services.wait([WEB], timeout_seconds=10, poll_seconds=0)
    assert status.image.endswith(":1.0.0")
    assert status.task_definition != cluster.services.latest(WEB)
    assert any("rolling back" in event for event in status.events)


def test_what_never_becomes_steady_is_told_as_it_is_when_the_time_is_over(cluster: Cluster) -> None:
    cluster.aws.ecs.fail_deployments_of.add(WEB)
    cluster.create_service(seconds=0.05)
    (status,) = cluster.services.describe([WEB])
    assert not status.is_steady
    assert status.running == 0


def test_a_deleted_service_and_a_cluster_that_is_not_there_have_none(cluster: Cluster) -> None:
    cluster.create_service()
    cluster.ecs.delete_service(cluster="django-test", service=WEB, force=True)
    assert cluster.services.describe([WEB]) == []
    assert Services(cluster.ecs, "elsewhere").describe([WEB]) == []


@pytest.mark.parametrize(
    "given", [{"rollout": "IN_PROGRESS"}, {"rollout": "FAILED"}, {"deployments": 2}, {"running": 1}]
)
def test_steady_is_only_what_runs_all_that_it_should_and_nothing_else(given: dict[str, Any]) -> None:
    assert service().is_steady
    assert not service(**given).is_steady
