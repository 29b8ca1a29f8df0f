"""Whoever puts tasks into a cache that evicts is told so, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.redis.inputs import RedisGroupInputs, RedisInputs
from stacks.config import vary
from stacks.config.application_inputs import ProcessInputs
from stacks.config.evictions import evictable
from stacks.config.schema import Environment
from tests.support import environment

SMALL = RedisGroupInputs(node_type="cache.t4g.small")
EVICTING = RedisInputs(cache=SMALL, broker=SMALL)


def of(redis: RedisInputs | None, all_tasks: dict[str, str | None], worker: dict[str, str | None]) -> Environment:
    given = environment()
    process = replace(given.django_service.application.worker or ProcessInputs(command=("work",)), variables=worker)
    application = replace(given.django_service.application, variables=all_tasks, worker=process)
    return replace(given, redis=redis, django_service=replace(given.django_service, application=application))


@pytest.mark.parametrize(
    ("all_tasks", "worker", "where"),
    [
        ({"BROKER_URL": "{REDIS_URL}"}, {}, "variables['BROKER_URL']"),
        ({"RQ_HOST": "{REDIS_HOST}"}, {}, "variables['RQ_HOST']"),
        ({}, {"TASKS": "{REDIS_URL}"}, "worker.variables['TASKS']"),
        ({}, {"CELERY_BROKER_URL": "rediss://{REDIS_HOST}:{REDIS_PORT}/1"}, "worker.variables['CELERY_BROKER_URL']"),
    ],
)
def test_a_worker_of_a_cache_that_evicts_is_told(
    all_tasks: dict[str, str | None], worker: dict[str, str | None], where: str
) -> None:
    (line,) = evictable(of(EVICTING, all_tasks, worker))
    assert line == (
        f"django_service.application.{where}: puts tasks into the cache's group, which drops them when it is full: "
        "name CELERY_BROKER_URL or CELERY_BROKER_HOST, or set redis.cache.maxmemory_policy to noeviction"
    )


@pytest.mark.parametrize(
    ("all_tasks", "worker"),
    [
        ({"BROKER_URL": "{CELERY_BROKER_URL}"}, {"TASKS": "{CELERY_BROKER_URL}"}),
        ({"CACHE_URL": "{REDIS_URL}"}, {"CACHE_URL": "{REDIS_URL}", "CELERY_RESULT_BACKEND": "{REDIS_URL}"}),
        ({"BROKER_URL": None}, {}),
        ({}, {}),
    ],
)
def test_a_cache_is_no_queue(all_tasks: dict[str, str | None], worker: dict[str, str | None]) -> None:
    assert list(evictable(of(EVICTING, all_tasks, worker))) == []


def test_a_cache_that_evicts_nothing_may_hold_tasks() -> None:
    kept = replace(SMALL, maxmemory_policy="noeviction")
    own = replace(SMALL, parameter_group_name="own")
    for redis in (
        None,
        RedisInputs(cache=SMALL),
        RedisInputs(cache=kept, broker=SMALL),
        RedisInputs(cache=own, broker=SMALL),
        vary(EVICTING, draining_broker=True),
    ):
        assert list(evictable(of(redis, {"BROKER_URL": "{REDIS_URL}"}, {}))) == []
