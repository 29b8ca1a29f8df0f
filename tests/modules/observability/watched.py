"""An environment with one of each thing that is watched, and its alarms by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modules.observability.alarm import Alarm
from modules.observability.inputs import ObservabilityInputs
from modules.observability.load_balancer import LoadBalancer
from modules.observability.others import Queue
from modules.observability.postgresql import Database
from modules.observability.redis import RedisGroup
from modules.observability.services import Service
from modules.observability.watched import Watched

INPUTS = ObservabilityInputs()

DATABASE = Database(
    name="postgresql",
    identifier="django-prod-postgresql",
    instance_class="db.t4g.small",
    memory_gib=2,
    storage_gb=50,
    max_storage_gb=0,
    max_connections=None,
)
CACHE = RedisGroup(
    name="redis",
    nodes=("django-prod-redis-001", "django-prod-redis-002"),
    node_type="cache.t4g.small",
    evicts=True,
)
BROKER = RedisGroup(
    name="redis-broker", nodes=("django-prod-redis-broker-001",), node_type="cache.m7g.xlarge", evicts=False
)


def service(name: str, least_tasks: int = 1, most_tasks: int = 4) -> Service:
    return Service(
        name=name,
        cluster_name="django-prod",
        service_name=f"django-prod-{name}",
        log_group_name=f"/ecs/django-prod/{name}",
        least_tasks=least_tasks,
        most_tasks=most_tasks,
        counts_tasks=True,
    )


WATCHED = Watched(
    environment="prod",
    prefix="django-prod",
    region="us-east-1",
    account_id="123456789012",
    cluster_name="django-prod",
    owns_cluster=False,
    services=(service("web", 2, 8), service("worker")),
    load_balancer=LoadBalancer(
        suffix="app/django-prod/0123456789abcdef", targets={"web": "targetgroup/django-prod/fedcba9876543210"}
    ),
    databases=(
        DATABASE,
        replace(DATABASE, name="postgresql-replica", identifier="django-prod-postgresql-replica", is_replica=True),
    ),
    redis_groups=(CACHE, BROKER),
    nat_gateway_ids=("nat-0123456789abcdef0", "nat-0123456789abcdef1"),
    nat_instance_id="i-0123456789abcdef0",
    certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
    queues=(Queue(name="celery", environment="prod", service="worker", room=400),),
    schedule_group="django-prod",
    backup="django-prod-backup",
    tasks=("migrate", "job-report"),
)


def alarms(inputs: ObservabilityInputs = INPUTS, **changes: Any) -> dict[str, Alarm]:
    """The alarms of that environment with these changes, by name."""
    return {alarm.name: alarm for alarm in replace(WATCHED, **changes).alarms(inputs)}


def alarm(name: str, inputs: ObservabilityInputs = INPUTS, **changes: Any) -> Alarm:
    """One of them."""
    return alarms(inputs, **changes)[name]
