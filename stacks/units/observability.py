"""The observability unit: alarms on all other units, what AWS reports of them, and the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from cdktf import App, Fn

from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.sure_hours import sure_hours
from modules.network.inputs import NetworkInputs
from modules.network.outputs import NetworkGatewayOutputs, NetworkInstanceOutputs, NetworkOutputs
from modules.observability.inputs import ObservabilityInputs
from modules.observability.instance_class import memory_gib
from modules.observability.load_balancer import LoadBalancer
from modules.observability.main import Observability, Topics
from modules.observability.others import Queue
from modules.observability.outputs import ObservabilityOutputs
from modules.observability.postgresql import Database
from modules.observability.queries import Query, queries
from modules.observability.redis import RedisGroup
from modules.observability.services import Service
from modules.observability.watched import Watched
from modules.redis.outputs import RedisBrokerOutputs
from stacks import providers
from stacks.config.application_inputs import job_task, web_service
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import OBSERVABILITY
from stacks.units.alerts import AlertsUnit
from stacks.units.certificate import CertificateUnit
from stacks.units.django_service.outputs import DjangoServiceTargetsOutputs
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.network import NetworkUnit
from stacks.units.redis import RedisUnit

# From when a schedule wants a task until it runs: its network interface and its image come first.
MINUTES_TO_RUN = 3
# What a worker should have before it where its autoscaling does not say so.
TASKS_BEFORE_A_WORKER = 100


class ObservabilityUnit(Unit[ObservabilityOutputs]):
    """Downstream of all others. What has a name of ours is watched by it, so that only AWS's own ids are read."""

    NAME = OBSERVABILITY

    def __init__(
        self,
        app: App,
        environment: Environment,
        *,
        inputs: ObservabilityInputs,
        alerts: AlertsUnit,
        network: NetworkUnit,
        redis: RedisUnit | None,
        certificate: CertificateUnit | None,
        django_service: DjangoServiceUnit,
    ) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        topics, nat = self.read(alerts), self.read(network)
        self._inputs = inputs
        observability = Observability(
            self,
            "observability",
            inputs=inputs,
            watched=Watched(
                environment=environment.name,
                prefix=environment.prefix,
                region=environment.region,
                account_id=environment.account_id,
                cluster_name=environment.cluster_name,
                owns_cluster=environment.django_service.cluster.existing is None,
                services=[*self._services()],
                load_balancer=self._load_balancer(django_service),
                databases=[*self._databases()],
                redis_groups=[*self._redis_groups(redis)] if redis else [],
                nat_gateway_ids=self._nat_gateway_ids(nat),
                nat_instance_id=nat.nat_instance_id if isinstance(nat, NetworkInstanceOutputs) else None,
                certificate_arn=self.read(certificate).certificate_arn if certificate else None,
                queues=[*self._queues()],
                schedule_group=environment.prefix if self._has_schedules else None,
                backup=f"{environment.prefix}-backup" if environment.backup else None,
                tasks=[*environment.django_service.tasks, *map(job_task, self._jobs)],
            ),
            topics=Topics(urgent=topics.urgent_topic_arn, notices=topics.notices_topic_arn),
            queries=[*self._queries()],
        )
        self.outputs = self.publish(observability.outputs)

    @property
    def _jobs(self) -> list[str]:
        return [*(self.environment.django_service.application.jobs or {})]

    @property
    def _has_schedules(self) -> bool:
        return any(is_on for _, is_on in self.environment.django_service.scheduled.values())

    def _services(self) -> Iterator[Service]:
        environment = self.environment
        cluster = environment.django_service.cluster
        for name, inputs in environment.django_service.services.items():
            scaling = inputs.autoscaling
            yield Service(
                name=name,
                cluster_name=environment.cluster_name,
                service_name=f"{environment.prefix}-{name}",
                log_group_name=environment.log_group(name),
                least_tasks=scaling.least_running if scaling else inputs.desired_count,
                most_tasks=scaling.most_count if scaling else inputs.desired_count,
                # One that exists may have no Container Insights, and says so to nobody here.
                counts_tasks=cluster.existing is None and cluster.container_insights != "disabled",
                may_be_zero=scaling is not None and scaling.may_be_zero,
                is_stopped=scaling is not None and scaling.is_stopped,
                sure_hours=sure_hours(scaling.schedule, scaling.min_count, scaling.max_count, _start_minutes(inputs))
                if scaling and scaling.is_stopped
                else frozenset(),
            )

    def _load_balancer(self, django_service: DjangoServiceUnit) -> LoadBalancer:
        found, service = self.read(django_service), self.environment.django_service
        further: dict[str, str] = {}
        if isinstance(found, DjangoServiceTargetsOutputs):
            arns = found.further_target_group_arns
            further = {
                web_service(name): _resource(Fn.element(arns, index)) for index, name in enumerate(service.further_webs)
            }
        targets = {"web": _resource(found.target_group_arn), **further}
        stopped = [each for each in self._services() if each.is_stopped and each.name in targets]
        webs = {"web": service.web, **{web_service(name): web for name, web in service.further_webs.items()}}
        return LoadBalancer(
            suffix=Fn.trimprefix(_resource(found.alb_arn), "loadbalancer/"),
            targets=targets,
            wanted={each.name: each.wanted for each in stopped},
            start_minutes={each.name: _start_minutes(webs[each.name]) for each in stopped},
        )

    def _databases(self) -> Iterator[Database]:
        environment, inputs = self.environment, self.environment.postgresql
        connections = (inputs.parameters or {}).get("max_connections", "")
        for name, identifier in inputs.instances(environment.prefix).items():
            is_replica = name == "postgresql-replica"
            instance_class = (inputs.replica_instance_class if is_replica else None) or inputs.instance_class
            yield Database(
                name=name,
                identifier=identifier,
                instance_class=instance_class,
                memory_gib=memory_gib(instance_class) or self._inputs.database_memory_gib or 1,
                storage_gb=inputs.storage_gb,
                max_storage_gb=inputs.storage.max_allocated_gb(),
                # A formula follows from the memory, as RDS's own does.
                max_connections=int(connections) if connections.isdecimal() else None,
                is_replica=is_replica,
            )

    def _redis_groups(self, redis: RedisUnit) -> Iterator[RedisGroup]:
        inputs, found = self.environment.redis, self.read(redis)
        if inputs is None:
            return
        yield RedisGroup(
            name="redis",
            nodes=_elements(found.member_clusters, inputs.cache.nodes),
            node_type=inputs.cache.node_type,
            evicts=inputs.cache_maxmemory_policy != "noeviction",
        )
        if inputs.broker and isinstance(found, RedisBrokerOutputs):
            nodes = _elements(found.broker_member_clusters, inputs.broker.nodes)
            yield RedisGroup(name="redis-broker", nodes=nodes, node_type=inputs.broker.node_type, evicts=False)

    def _nat_gateway_ids(self, found: NetworkOutputs) -> list[str]:
        inputs = self.environment.network
        if not isinstance(inputs, NetworkInputs) or not isinstance(found, NetworkGatewayOutputs):
            return []
        return _elements(found.nat_gateway_ids, len(inputs.zones) if inputs.nat == "gateway_per_zone" else 1)

    def _queues(self) -> Iterator[Queue]:
        """Those whose length beat publishes, but for new ones that nobody takes from while the old ones are drained."""
        service, redis = self.environment.django_service, self.environment.redis
        is_draining = redis is not None and redis.draining_broker
        for each in self._services() if service.beat and not is_draining else ():
            queue = service.application.queue_of(each.name) if each.name.startswith("worker") else None
            if queue is None:
                continue
            scaling = service.services[each.name].autoscaling
            of_each = scaling.queue_length_per_task if isinstance(scaling, WorkerAutoscalingInputs) else None
            yield Queue(
                name=queue,
                environment=self.environment.name,
                service=each.name,
                room=(of_each or TASKS_BEFORE_A_WORKER) * each.most_tasks,
                wanted=each.wanted,
            )

    def _queries(self) -> Iterator[Query]:
        environment = self.environment
        service = environment.django_service
        names = (*service.services, *service.tasks, *map(job_task, self._jobs))
        databases = [each.identifier for each in self._databases()]
        groups = ["redis", *(["redis-broker"] if environment.redis and environment.redis.broker else [])]
        yield from queries(
            tasks=[environment.log_group(name) for name in names],
            postgresql=[
                f"/aws/rds/instance/{identifier}/postgresql"
                for identifier in databases
                if "postgresql" in environment.postgresql.log_exports
            ],
            redis=[f"/aws/elasticache/{environment.prefix}-{group}/slow-log" for group in groups if environment.redis],
        )


def _start_minutes(inputs: WebInputs | WorkerInputs | BeatInputs) -> int:
    """From when a schedule wants a task until it answers."""
    grace = inputs.health_check_grace_seconds if isinstance(inputs, WebInputs) else 0
    return MINUTES_TO_RUN + ceil(grace / 60)


def _resource(arn: str) -> str:
    """What an ARN has behind its account: `targetgroup/django-prod/0123456789abcdef`."""
    return str(Fn.element(Fn.split(":", arn), 5))


def _elements(found: list[str], number: int) -> list[str]:
    """So many of a list that is known after its unit is deployed."""
    return [str(Fn.element(found, index)) for index in range(number)]
