"""ECS: moto's services never run a task, its deployments never change, and its one-off tasks have no end of their own.

Services, deployments and tasks are given the course that they have on AWS, by one step at each description.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""

from __future__ import annotations

import uuid
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult
from moto.core.utils import unix_time_millis, utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ecs.models import Container, EC2ContainerServiceBackend, Task
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.logs.models import logs_backends

from cli.local_aws.containers import Containers, TaskRequest, TaskRun
from cli.local_aws.gaps.patch import around, missing_from

containers = Containers()

# What moto does not keep when a service is created, and the provider reads back.
_KEPT = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}

# A change of one of these replaces the tasks; a change of the number of tasks does not.
_DEPLOYED = ("capacityProviderStrategy", "forceNewDeployment", "networkConfiguration", "platformVersion")

# A deployment fails at the second look, and a failed one is listed for some looks more, as on AWS for some minutes.
_LOOKS_UNTIL_FAILED = 2
_LOOKS_AT_FAILED = 3
# How many looks more a deployment takes while alarms are watched, as on AWS some minutes.
_LOOKS_OF_BAKE_TIME = 3


@around(EC2ContainerServiceResponse, "create_service")
def _create_service(original: Any, self: Any) -> Any:
    answer = original(self)
    given = self._get_params()
    service = self.ecs_backend._get_service(given.get("cluster", "default"), given["serviceName"])
    for key, attribute in _KEPT.items():
        setattr(service, attribute, given.get(key))
    if given.get("capacityProviderStrategy"):
        service.launch_type = None
    service.deployments = []
    service.service_deployments = []
    _deploy(service, "in progress.")
    return answer


@around(EC2ContainerServiceResponse, "update_service")
def _update_service(original: Any, self: Any) -> Any:
    given = self._get_params()
    service = self.ecs_backend._get_service(given.get("cluster", "default"), given["service"].split("/")[-1])
    before, running = service.task_definition, service.running_count
    deployments = [dict(deployment) for deployment in service.deployments]
    configuration = getattr(service, "deployment_configuration", None) or {}
    answer = original(self)
    service.deployments = deployments
    # What an update leaves out is not changed.
    service.deployment_configuration = {**configuration, **(given.get("deploymentConfiguration") or {})}
    service.running_count, service.pending_count = running, 0
    # By its ARN, however it was given.
    service.task_definition = self.ecs_backend.describe_task_definition(service.task_definition).arn
    if service.task_definition != before or any(given.get(key) for key in _DEPLOYED):
        _deploy(service, "in progress.")
    else:
        _run(service)
    return answer


@around(EC2ContainerServiceBackend, "describe_services")
def _describe_services(original: Any, self: Any, *arguments: Any) -> Any:
    services, failures = original(self, *arguments)
    for service in services:
        if service.status == "ACTIVE":
            _go_on(service)
    return services, failures


@around(EC2ContainerServiceBackend, "delete_service")
def _delete_service(original: Any, self: Any, *arguments: Any) -> Any:
    service = original(self, *arguments)
    service.desired_count = 0
    service.deployments = []
    _run(service)
    if process := getattr(service, "process", None):
        process.stop()
    return service


@missing_from(EC2ContainerServiceResponse)
def list_service_deployments(self: Any) -> Any:
    given = self._get_params()
    service = self.ecs_backend._get_service(given.get("cluster", "default"), given["service"].split("/")[-1])
    return ActionResult({"serviceDeployments": service.service_deployments})


@missing_from(EC2ContainerServiceResponse)
def describe_service_deployments(self: Any) -> Any:
    wanted = self._get_params()["serviceDeploymentArns"]
    known = [each for service in self.ecs_backend.services.values() for each in service.service_deployments]
    return ActionResult({"serviceDeployments": [each for each in known if each["serviceDeploymentArn"] in wanted]})


def _deploy(service: Any, reason: str) -> None:
    """Begin a deployment of the service's task definition; what runs so far goes on beside it."""
    identity = f"ecs-svc/{uuid.uuid4().int % 10**19:019}"
    now = utcnow()
    deployment = {
        "id": identity,
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "runningCount": 0,
        "pendingCount": service.desired_count,
        "failedTasks": 0,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {reason}"
        if "rolling back" in reason
        else f"ECS deployment {identity} {reason}",
        "createdAt": now,
        "updatedAt": now,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": service.network_configuration,
        "launchType": service.launch_type,
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
    }
    earlier = [{**other, "status": "ACTIVE"} for other in service.deployments]
    service.deployments = [deployment, *earlier]
    if "rolling back" in reason:
        _judge(service, "ROLLBACK_IN_PROGRESS", deployment["rolloutStateReason"])
    else:
        arn = f"{service.arn.replace(':service/', ':service-deployment/')}/{uuid.uuid4().hex[:21]}"
        begun = {"serviceDeploymentArn": arn, "serviceArn": service.arn, "createdAt": now, "status": "IN_PROGRESS"}
        names = _alarms(service).get("alarmNames", ()) if _alarms(service).get("enable") else []
        # One that is in ALARM already has ECS watch none.
        service.watched = [] if _in_alarm(service, names) else names
        begun["alarms"] = {"status": "MONITORING" if service.watched else "DISABLED", "alarmNames": service.watched}
        service.service_deployments = [begun, *service.service_deployments]
    _start_process(service)


def _start_process(service: Any) -> None:
    """Run one task for all of a service, where something runs them. The one before may have the same port: it ends."""
    before = getattr(service, "process", None)
    service.process = None
    if before:
        before.stop()
    if containers.engine and service.desired_count:
        definition = service._backend.describe_task_definition(service.task_definition)
        balancers = service.load_balancers or [{}]
        request = TaskRequest(
            name=service.name,
            task_id=uuid.uuid4().hex,
            containers=definition.container_definitions,
            is_service=True,
            target_group_arn=balancers[0].get("targetGroupArn", ""),
            grace_seconds=float(getattr(service, "health_check_grace_period_seconds", None) or 60),
        )
        service.process = containers.engine.start(request, before)
        service.starts = 1


def _is_healthy(service: Any) -> bool | None:
    """Whether the tasks of its latest deployment are; None where that is not known yet."""
    found: bool | None = service.process.is_healthy if service.process else True
    return found if service.name not in containers.fail_deployments_of else False


def _judge(service: Any, status: str, reason: str) -> None:
    """What has become of the latest deployment, of which a rollback is a part."""
    service.service_deployments[0] |= {"status": status, "statusReason": reason}


def _go_on(service: Any) -> None:
    """One step of whatever is going on."""
    primary = service.deployments[0]
    if primary["rolloutState"] == "COMPLETED":
        service.deployments[1:] = [each for each in service.deployments[1:] if _still_listed(each)]
        _look_at_process(service)
    elif primary["rolloutState"] == "IN_PROGRESS" and not primary.get("rollback") and _in_alarm(service):
        triggered = {"status": "TRIGGERED", "triggeredAlarmNames": _in_alarm(service)}
        service.service_deployments[0]["alarms"] |= triggered
        _give_up(service, primary, "alarm", "alarm detected", is_taken_back=_alarms(service)["rollback"])
    elif _is_healthy(service) is False and not primary.get("rollback"):
        _fail(service, primary)
    elif primary["rolloutState"] == "IN_PROGRESS" and (_is_healthy(service) or primary.get("rollback")):
        primary["bakes"] = primary.get("bakes", 0) + 1
        if service.watched and not primary.get("rollback") and primary["bakes"] <= _LOOKS_OF_BAKE_TIME:
            return
        primary["rolloutState"] = "COMPLETED"
        primary["rolloutStateReason"] = f"ECS deployment {primary['id']} completed."
        reason = service.service_deployments[0].get("statusReason", "")
        _judge(service, "ROLLBACK_SUCCESSFUL" if primary.get("rollback") else "SUCCESSFUL", reason)
        service.deployments[1:] = [each for each in service.deployments[1:] if _still_listed(each)]
        _run(service)
        _tell(service, f"(deployment {primary['id']}) deployment completed.")
        _tell(service, "has reached a steady state.")


def _look_at_process(service: Any) -> None:
    """What runs, where something does: a task that has ended is started again, and is another one then."""
    if not service.process:
        return
    if service.process.starts != service.starts:
        service.starts = service.process.starts
        _tell(service, f"has started 1 tasks, because the one before {service.process.reason}.")
        _run(service)
    service.running_count = service.desired_count if service.process.is_healthy else 0
    service.pending_count = service.desired_count - service.running_count


def _fail(service: Any, primary: dict[str, Any]) -> None:
    """One step of a deployment whose tasks never become healthy."""
    if primary["rolloutState"] == "FAILED":
        return
    primary["failedTasks"] += 1
    why = f": {service.process.reason}" if service.process else ""
    _tell(service, f"(deployment {primary['id']}) has started 1 tasks, which failed their health checks{why}.")
    configuration = getattr(service, "deployment_configuration", None) or {}
    breaker = configuration.get("deploymentCircuitBreaker", {})
    if breaker.get("enable") and primary["failedTasks"] >= _LOOKS_UNTIL_FAILED:
        _give_up(service, primary, "circuit breaker", "tasks failed to start", is_taken_back=breaker.get("rollback"))


def _give_up(service: Any, primary: dict[str, Any], by: str, why: str, *, is_taken_back: bool) -> None:
    primary |= {
        "rolloutState": "FAILED",
        "rolloutStateReason": f"ECS deployment {by}: {why}.",
        "desiredCount": 0,
        "pendingCount": 0,
    }
    _judge(service, "STOPPED", primary["rolloutStateReason"])
    _tell(service, f"(deployment {primary['id']}) deployment failed: {why}.")
    completed = [each for each in service.deployments[1:] if each["rolloutState"] == "COMPLETED"]
    if is_taken_back and completed:
        service.task_definition = completed[0]["taskDefinition"]
        _tell(service, f"rolling back to deployment {completed[0]['id']}.")
        _deploy(service, f"{by}: rolling back to deploymentId {completed[0]['id']}.")
        service.deployments[0]["rollback"] = True


def _alarms(service: Any) -> dict[str, Any]:
    configuration = getattr(service, "deployment_configuration", None) or {}
    return dict(configuration.get("alarms") or {})


def _in_alarm(service: Any, names: list[str] | None = None) -> list[str]:
    """Which of these alarms are in ALARM, or of those that are watched."""
    known = cloudwatch_backends[service._account_id][service.region_name].alarms
    watched = service.watched if names is None else names
    return [name for name in watched if name in known and known[name].state_value == "ALARM"]


def _still_listed(deployment: dict[str, Any]) -> bool:
    deployment["looks"] = deployment.get("looks", 0) + 1
    return bool(deployment["rolloutState"] == "FAILED") and deployment["looks"] < _LOOKS_AT_FAILED


def _tell(service: Any, message: str) -> None:
    event = {"id": str(uuid.uuid4()), "createdAt": utcnow(), "message": f"(service {service.name}) {message}"}
    service.events.insert(0, event)


def _run(service: Any) -> None:
    """Run as many tasks as the service wants, of the task definition that its primary deployment has."""
    backend = service._backend
    tasks = backend.tasks.setdefault(service.cluster_name, {})
    for old in [task for task in tasks.values() if task.group == f"service:{service.name}"]:
        _release(old)
        del tasks[old.task_arn]
    for _ in range(service.desired_count):
        task: Any = Task(
            cluster=backend._get_cluster(service.cluster_name),
            task_definition=backend.describe_task_definition(service.task_definition),
            container_instance_arn=None,
            resource_requirements=None,
            backend=backend,
            group=f"service:{service.name}",
            launch_type="FARGATE",
            networking_configuration=service.network_configuration,
        )
        task._status, task._transitions = "RUNNING", []
        for container in task.containers:
            container.last_status = "RUNNING"
        for container in _first(task):
            container.last_status, container.exitCode = "STOPPED", 0
        tasks[task.task_arn] = task
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments[:1]:
        deployment |= {
            "desiredCount": service.desired_count,
            "runningCount": service.desired_count,
            "pendingCount": 0,
            "updatedAt": utcnow(),
        }


# Which moto's own tasks ask for, and which it sets only where the VPC has DNS names.
NetworkInterface.private_dns_name = None  # type: ignore[assignment]


@around(Container, "__init__")
def _container(original: Any, self: Any, *arguments: Any) -> None:
    original(self, *arguments)
    self.exitCode = None  # there is none before the end; moto says 0


@around(Task, "__init__")
def _task(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    definition = named.get("task_definition") or arguments[1]
    # Moto knows the first of the definition alone, which is the main one here.
    main, *others = definition.container_definitions
    before = {each["containerName"] for each in main.get("dependsOn") or () if each["condition"] == "SUCCESS"}
    for each in others:
        container: Any = Container(definition)  # type: ignore[abstract]
        container.name, container.image = each["name"], each.get("image")
        container.is_sidecar = each["name"] not in before
        self.containers.append(container)
    self._transitions = [("PROVISIONING", "RUNNING"), ("RUNNING", "STOPPED")]
    self._status = "PROVISIONING"
    self.created_at = utcnow()


@around(EC2ContainerServiceBackend, "_calculate_task_resource_requirements")
def _resource_requirements(original: Any, self: Any, *arguments: Any) -> dict[str, Any]:
    """They are for instances, and moto cannot find any where memory is that of the task, as on Fargate."""
    return {}


@around(EC2ContainerServiceBackend, "run_task")
def _run_task(original: Any, self: Any, *arguments: Any) -> list[Any]:
    tasks: list[Any] = original(self, *arguments)
    for task in tasks:
        overrides = task.overrides.get("containerOverrides", [])
        command = next((tuple(each["command"]) for each in overrides if each.get("command")), ())
        family = _family(task)
        containers.runs.append(TaskRun(family=family, task_definition=task.task_definition_arn, command=command))
        task.process = None
        if family in containers.cannot_start:
            task._transitions = [("PROVISIONING", "STOPPED")]
        elif containers.engine:
            definition = self.describe_task_definition(task.task_definition_arn)
            request = TaskRequest(
                name=family,
                task_id=task.id,
                containers=definition.container_definitions,
                is_service=False,
                command=command,
            )
            task.process = containers.engine.start(request)
    return tasks


@around(EC2ContainerServiceBackend, "describe_tasks")
def _describe_tasks(original: Any, self: Any, *arguments: Any) -> list[Any]:
    for cluster in self.tasks.values():
        for task in cluster.values():
            if process := getattr(task, "process", None):
                # Moto takes the next step with each description.
                has_ended = process.exit_codes is not None
                task._transitions = [("PROVISIONING", "RUNNING"), *([("RUNNING", "STOPPED")] if has_ended else [])]
    tasks: list[Any] = original(self, *arguments)
    for task in tasks:
        if task.last_status == "RUNNING" and not hasattr(task, "started_at"):
            _start(self, task)
        elif task.last_status == "STOPPED" and not hasattr(task, "stopped_at"):
            _end(task)
    return tasks


@around(EC2ContainerServiceBackend, "stop_task")
def _stop_task(original: Any, self: Any, cluster: str, task: str, reason: str) -> Any:
    stopped: Any = original(self, cluster, task, reason)
    if process := getattr(stopped, "process", None):
        process.stop()
    if not hasattr(stopped, "stopped_at"):
        _stop(stopped, "UserInitiated", reason or "Task stopped by user", 143)
    return stopped


@around(EC2ContainerServiceBackend, "list_tasks")
def _list_tasks(original: Any, self: Any, *arguments: Any) -> list[Any]:
    """Without this, moto does not look at the service, and lists what has stopped by default."""
    *others, service, status = arguments
    tasks = original(self, *others, None, status or "RUNNING")
    return [task for task in tasks if service is None or task.group == f"service:{service.split('/')[-1]}"]


def _start(backend: Any, task: Any) -> None:
    task.started_at = utcnow()
    for container in task.containers:
        container.last_status = "RUNNING"
    _write_log(backend, task)


def _end(task: Any) -> None:
    family = _family(task)
    process = getattr(task, "process", None)
    if family in containers.cannot_start:
        _stop(task, "TaskFailedToStart", containers.cannot_start[family], None)
    elif process and not process.exit_codes:
        _stop(task, "TaskFailedToStart", process.reason, None)
    elif process:
        _stop(task, "EssentialContainerExited", "Essential container in task exited", None)
        for container in task.containers:
            container.exitCode = process.exit_codes.get(container.name)
    else:
        _stop(
            task, "EssentialContainerExited", "Essential container in task exited", containers.exit_codes.get(family, 0)
        )


def _stop(task: Any, code: str, reason: str, exit_code: int | None) -> None:
    task.stopped_at = utcnow()
    task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason = code, reason
    main, *others = task.containers
    for container in task.containers:
        container.last_status, container.exitCode = "STOPPED", exit_code
    if exit_code is not None:
        for container in others:
            container.exitCode = 137  # as ECS kills a sidecar with its task
        for container in (first := _first(task)):
            container.exitCode = containers.exit_codes.get(f"{_family(task)}/{container.name}", 0)
        if any(container.exitCode for container in first):
            main.exitCode = None  # it never ran
    _release(task)


def _first(task: Any) -> list[Any]:
    """The containers that have ended before the main one starts."""
    return [container for container in task.containers[1:] if not container.is_sidecar]


def _release(task: Any) -> None:
    """Delete the network interfaces, which would keep the subnet from being deleted."""
    interfaces = ec2_backends[task._account_id][task.region_name].enis
    for attachment in task.attachments:
        for detail in attachment["details"]:
            if detail["name"] == "networkInterfaceId":
                interfaces.pop(detail["value"], None)


def _write_log(backend: Any, task: Any) -> None:
    definition = backend.describe_task_definition(task.task_definition_arn)
    logs = logs_backends[task._account_id][task.region_name]
    for index, container in enumerate(definition.container_definitions):
        options = container.get("logConfiguration", {}).get("options", {})
        group = options.get("awslogs-group")
        if group not in logs.groups:
            continue
        stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task.id}"
        logs.create_log_stream(group, stream)
        now = int(unix_time_millis())
        source = f"{definition.family}/{container['name']}" if index else definition.family
        events = [{"timestamp": now, "message": line} for line in containers.logs.get(source, [])]
        if events:
            logs.put_log_events(group, stream, events)


def _family(task: Any) -> str:
    return str(task.task_definition_arn.rsplit("/", 1)[1].rsplit(":", 1)[0])
