"""A service on ECS Fargate: web, worker and beat alike."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable, Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceCapacityProviderStrategy,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsServiceTimeouts,
)
from constructs import Construct

from modules.ecs_cluster.main import EcsCluster
from modules.fargate_service.autoscaling import Autoscaling
from modules.fargate_service.deployment_alarms import DeploymentAlarms
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.outputs import FargateServiceOutputs
from modules.fargate_service.step_scaling import QueueMetric
from modules.load_balancer.main import LoadBalancer
from modules.load_balancer.route import Route
from modules.placement import Placement
from modules.task_definition.application import Application, TaskEnvironment
from modules.task_definition.container import HttpServer
from modules.task_definition.main import TaskDefinition
from modules.task_definition.outputs import TaskDefinitionOutputs
from modules.validation import validate


class FargateService(Construct):
    """Deploys by replacing tasks while the old ones still run, and goes back where the new ones fail."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: WebInputs | WorkerInputs | BeatInputs,
        application: Application,
        environment: TaskEnvironment,
        name: str,
        cluster: EcsCluster,
        placement: Placement,
        entry_point: Sequence[str] | None = None,
        command: Sequence[str] | None = None,
        load_balancer: LoadBalancer | Route | None = None,
        check_hostname: str | None = None,
        forwarded_proto: str = "X-Forwarded-Proto",
        queue: QueueMetric | None = None,
        deployment_alarms: DeploymentAlarms | None = None,
        wait_for_steady_state: bool = True,
    ) -> None:
        """`deployment_alarms` are those of a service behind the load balancer; others have none."""
        super().__init__(scope, id)
        validate(inputs)
        server = _server(inputs, load_balancer, check_hostname, forwarded_proto)
        task = TaskDefinition(
            self,
            "task",
            application=application,
            environment=environment,
            name=name,
            cpu=inputs.cpu,
            memory_mib=inputs.memory_mib,
            own=TaskEnvironment.given(inputs.variables, inputs.secrets, inputs.iam_statements, inputs.sidecars),
            entry_point=entry_point,
            command=inputs.command or command,
            stop_timeout_seconds=inputs.stop_timeout_seconds,
            server=server,
            ephemeral_storage_gib=inputs.ephemeral_storage_gib,
        ).outputs
        alarms, deployed = None, _deployed(name, task)
        if deployment_alarms and isinstance(inputs, WebInputs) and load_balancer:
            alarms = deployment_alarms.make(self, name, inputs, load_balancer.outputs, prefix=application.prefix)
            deployed = _deployed(name, task, deployment_alarms.logs_of(name))
        ready: list[ITerraformDependable] = [*cluster.ready, *(load_balancer.ready if load_balancer else [])]
        service = EcsService(
            self,
            "Default",
            name=f"{application.prefix}-{name}",
            cluster=cluster.outputs.arn,
            task_definition=task.arn,
            desired_count=inputs.desired_count,
            # Always a strategy and never a launch type, and each update a deployment: otherwise the provider replaces
            # the service when its share of Spot changes.
            capacity_provider_strategy=_capacity(inputs),
            force_new_deployment=True,
            deployment_minimum_healthy_percent=inputs.minimum_healthy_percent,
            deployment_maximum_percent=inputs.maximum_percent,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            alarms=alarms,
            # New tasks may take 15 minutes, ECS watches the alarms for 20 more, and the way back takes as long.
            timeouts=EcsServiceTimeouts(create="60m", update="60m") if alarms else None,
            # AWS rebalances by starting a task more than desired, which a maximum of 100 % forbids.
            availability_zone_rebalancing="ENABLED" if inputs.maximum_percent > 100 else "DISABLED",
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=placement.subnet_ids,
                security_groups=[placement.application_security_group_id],
                assign_public_ip=False,
            ),
            load_balancer=_targets(name, server, load_balancer),
            health_check_grace_period_seconds=server.grace_seconds if server else None,
            enable_execute_command=application.runtime.execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            # A deployment is then over when its tasks run, not when ECS has heard of it; the postcondition adds what
            # the provider does not look at (hashicorp/terraform-provider-aws 19519 and 20858): that these are the new
            # tasks, and not the old ones to which the circuit breaker went back.
            wait_for_steady_state=wait_for_steady_state,
            lifecycle=TerraformResourceLifecycle(
                ignore_changes=["desired_count"] if inputs.autoscaling else None,
                postcondition=[deployed] if wait_for_steady_state else None,
            ),
            depends_on=ready,
        )
        if inputs.autoscaling:
            Autoscaling(
                self,
                "scaling",
                inputs=inputs.autoscaling,
                cluster_name=cluster.outputs.name,
                service_name=service.name,
                name=name,
                prefix=application.prefix,
                targets=load_balancer.outputs if load_balancer else None,
                queue=queue,
            )
        self.ready: list[ITerraformDependable] = [service]
        """With `wait_for_steady_state` its tasks run then."""
        self.outputs = FargateServiceOutputs(name=service.name, arn=service.id, task=task)


def _deployed(name: str, task: TaskDefinitionOutputs, command: str | None = None) -> Postcondition:
    """With `command` an alarm may have been the reason, which Terraform cannot read."""
    by = f", by its circuit breaker or an alarm: run `{command}`, and" if command else ":"
    return Postcondition(
        condition=f"${{self.task_definition == {task.arn}}}",
        error_message=f"The deployment of {name} failed and was rolled back{by} "
        f"read the events of the service and the log group {task.log_group_name}.",
    )


def _server(
    inputs: WebInputs | WorkerInputs | BeatInputs,
    load_balancer: LoadBalancer | Route | None,
    hostname: str | None,
    forwarded_proto: str,
) -> HttpServer | None:
    if not isinstance(inputs, WebInputs) or load_balancer is None:
        return None
    check = load_balancer.health_check
    return HttpServer(
        port=inputs.container_port,
        path=load_balancer.health_path,
        interval_seconds=check.interval_seconds,
        timeout_seconds=check.timeout_seconds,
        retries=check.unhealthy_threshold,
        grace_seconds=inputs.health_check_grace_seconds,
        hostname=hostname,
        forwarded_proto=forwarded_proto,
        redirects=load_balancer.health_codes != "200",
    )


def _targets(
    name: str, server: HttpServer | None, load_balancer: LoadBalancer | Route | None
) -> list[EcsServiceLoadBalancer] | None:
    if server is None or load_balancer is None:
        return None
    target_group_arn = load_balancer.outputs.target_group_arn
    return [EcsServiceLoadBalancer(target_group_arn=target_group_arn, container_name=name, container_port=server.port)]


def _capacity(inputs: WebInputs | WorkerInputs | BeatInputs) -> Sequence[EcsServiceCapacityProviderStrategy]:
    shares = {
        "FARGATE": (100 - inputs.spot_percent, inputs.on_demand_base or None),
        "FARGATE_SPOT": (inputs.spot_percent, None),
    }
    return [
        EcsServiceCapacityProviderStrategy(capacity_provider=provider, weight=weight, base=base)
        for provider, (weight, base) in shares.items()
        if weight
    ]
