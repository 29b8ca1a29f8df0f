"""What an environment has that is watched, and all alarms and events of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.observability import events, load_balancer, others, postgresql, redis, services
from modules.observability.alarm import Alarm, CompositeAlarm
from modules.observability.events import TASKS_STOPPED, Event, Filter
from modules.observability.inputs import ObservabilityInputs
from modules.observability.load_balancer import LoadBalancer
from modules.observability.others import Queue
from modules.observability.postgresql import Database
from modules.observability.redis import RedisGroup
from modules.observability.services import Service


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """An environment, as far as it is watched."""

    environment: str
    prefix: str
    region: str
    account_id: str
    cluster_name: str
    owns_cluster: bool
    """Whether nothing else runs in the cluster."""
    services: Sequence[Service]
    load_balancer: LoadBalancer
    databases: Sequence[Database]
    redis_groups: Sequence[RedisGroup]
    nat_gateway_ids: Sequence[str]
    nat_instance_id: str | None
    certificate_arn: str | None
    queues: Sequence[Queue]
    schedule_group: str | None
    backup: str | None
    """The name that the vault and the role of its backups share."""
    tasks: Sequence[str]
    """One-off tasks and jobs, by the names of their tasks."""

    def alarms(self, inputs: ObservabilityInputs) -> Iterator[Alarm]:
        """All of them, what users meet first."""
        name = self.environment
        yield from load_balancer.alarms(self.load_balancer, inputs, name)
        for service in self.services:
            yield from services.alarms(service, inputs, name)
        yield others.stopped_tasks(f"{self.prefix}-{TASKS_STOPPED}", name)
        for event in self.events():
            if event.is_urgent:
                yield others.urgent_event(event, f"{self.prefix}-{event.name}")
        for queue in self.queues:
            yield from others.queue(queue, inputs, name)
        if self.schedule_group:
            yield others.schedules(self.schedule_group, name)
        for database in self.databases:
            yield from postgresql.alarms(database, inputs, name)
        for group in self.redis_groups:
            yield from redis.alarms(group, inputs, name)
        yield from others.nat_gateways(self.nat_gateway_ids, name)
        if self.nat_instance_id:
            yield others.nat_instance(self.nat_instance_id, name)
        if self.certificate_arn:
            yield others.certificate(self.certificate_arn, inputs, name)

    def composite_alarms(self) -> Iterator[CompositeAlarm]:
        """Those of several others."""
        yield load_balancer.users_notice(self.load_balancer, self.environment)

    def events(self) -> Iterator[Event]:
        """What AWS reports by itself."""
        ecs = f"arn:aws:ecs:{self.region}:{self.account_id}"
        cluster_arn, in_cluster = f"{ecs}:cluster/{self.cluster_name}", f"{ecs}:service/{self.cluster_name}/"
        arns: list[Filter] = [f"{in_cluster}{service.service_name}" for service in self.services]
        groups: list[Filter] = [f"service:{service.service_name}" for service in self.services]
        if self.owns_cluster:  # however many services there are, of which a pattern has room for 25
            arns, groups = [{"prefix": in_cluster}], [{"prefix": "service:"}]
        yield from events.of_services(arns, groups, cluster_arn, self.environment)
        yield from events.of_tasks(self.prefix, self.tasks, cluster_arn, self.environment)
        yield from events.of_databases([each.identifier for each in self.databases], self.environment)
        if self.backup:
            vault_arn = f"arn:aws:backup:{self.region}:{self.account_id}:backup-vault:{self.backup}"
            role_arn = f"arn:aws:iam::{self.account_id}:role/{self.backup}"
            yield from events.of_backups(vault_arn, role_arn, self.environment)
