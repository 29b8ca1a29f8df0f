"""The tasks of a synthesized django-service unit, as their ECS task definitions describe them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from cli.terraform.tree import Unit
from stacks.failure import Failure

Json = dict[str, Any]

_TASK_DEFINITION = re.compile(r"\$\{aws_ecs_task_definition\.([\w-]+)\.arn\}")
_ENDED = ("SUCCESS", "COMPLETE")
_TARGET_GROUP = re.compile(r"\$\{aws_lb_target_group\.([\w-]+)\.arn\}")


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """A container's own check."""

    command: tuple[str, ...]
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class Mount:
    """A volume of the task in a container."""

    volume: str
    path: str
    is_read_only: bool


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a task. Values may refer to what only Terraform knows."""

    name: str
    image: str
    variables: Mapping[str, str]
    secrets: Mapping[str, str]
    """By the name of the variable: the `valueFrom`."""
    entry_point: tuple[str, ...] | None
    command: tuple[str, ...] | None
    directory: str | None
    is_essential: bool
    is_read_only: bool
    mounts: tuple[Mount, ...]
    waits_for: Mapping[str, str]
    """START, COMPLETE, SUCCESS or HEALTHY of other containers, by their names."""
    start_timeout_seconds: float
    """Within which others that wait for it have to start."""
    stop_timeout_seconds: float
    port: int | None
    health_check: HealthCheck | None


@dataclass(frozen=True, kw_only=True)
class Target:
    """How the load balancer asks a service."""

    path: str
    matcher: str
    timeout_seconds: float
    grace_seconds: float
    """Within which a task has to be healthy."""

    def accepts(self, status: int) -> bool:
        """Whether the matcher, such as `200,301-399`, has this status."""
        ranges = (part.strip().partition("-") for part in self.matcher.split(","))
        return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task definition: of a service, which goes on, or of a one-off task, which ends."""

    name: str
    containers: tuple[Container, ...]
    """In the order in which they start."""
    is_service: bool
    target: Target | None
    memory_mib: int | None = None

    @property
    def main(self) -> Container:
        """The container that the task is named after, which starts last."""
        return self.containers[-1]

    @property
    def foreign_sidecars(self) -> tuple[Container, ...]:
        """Those of another image that run beside the main one."""
        ending = {name for each in self.containers for name, it in each.waits_for.items() if it in _ENDED}
        return tuple(each for each in self.containers if each.name not in ending and each.image != self.main.image)


def read(unit: Unit) -> dict[str, Task]:
    """The tasks by name. Raises Failure where the unit has none, or one that cannot be understood."""
    resources: Mapping[str, Mapping[str, Json]] = unit.configuration.get("resource", {})
    services = dict(_services(resources))
    tasks = {}
    for key, definition in resources.get("aws_ecs_task_definition", {}).items():
        where = f"{unit.name}: aws_ecs_task_definition.{key}"
        try:
            containers = ordered(json.loads(definition["container_definitions"]))
        except (ValueError, KeyError, TypeError, AttributeError, CycleError) as error:
            what = f"cannot be read ({type(error).__name__})"
            raise Failure(f"{where}: {what}: synthesize it again with `make synth`") from error
        name = containers[-1].name
        target = _target(resources, services[key]) if key in services else None
        tasks[name] = Task(
            name=name,
            containers=containers,
            is_service=key in services,
            target=target,
            memory_mib=int(definition["memory"]) if "memory" in definition else None,
        )
    if not tasks:
        raise Failure(f"{unit.name}: has no task definition: there is nothing to start")
    return tasks


def _services(resources: Mapping[str, Mapping[str, Json]]) -> Iterator[tuple[str, Json]]:
    for service in resources.get("aws_ecs_service", {}).values():
        if found := _TASK_DEFINITION.fullmatch(service.get("task_definition", "")):
            yield found[1], service


def _target(resources: Mapping[str, Mapping[str, Json]], service: Json) -> Target | None:
    for balancer in service.get("load_balancer", ()):
        found = _TARGET_GROUP.fullmatch(balancer.get("target_group_arn", ""))
        group = resources.get("aws_lb_target_group", {}).get(found[1]) if found else None
        if group:
            check = group.get("health_check", {})
            return Target(
                path=check.get("path", "/"),
                matcher=check.get("matcher", "200"),
                timeout_seconds=float(check.get("timeout", 5)),
                grace_seconds=float(service.get("health_check_grace_period_seconds") or 60),
            )
    return None


def _container(given: Json) -> Container:
    check = given.get("healthCheck")
    ports = [mapping["containerPort"] for mapping in given.get("portMappings") or ()]
    return Container(
        name=given["name"],
        image=given["image"],
        variables={each["name"]: each["value"] for each in given.get("environment") or ()},
        secrets={each["name"]: each["valueFrom"] for each in given.get("secrets") or ()},
        entry_point=_words(given.get("entryPoint")),
        command=_words(given.get("command")),
        directory=given.get("workingDirectory"),
        is_essential=given.get("essential", True),
        is_read_only=given.get("readonlyRootFilesystem", False),
        mounts=tuple(
            Mount(
                volume=each["sourceVolume"],
                path=each["containerPath"],
                is_read_only=each.get("readOnly", False),
            )
            for each in given.get("mountPoints") or ()
        ),
        waits_for={each["containerName"]: each["condition"] for each in given.get("dependsOn") or ()},
        start_timeout_seconds=float(given.get("startTimeout") or 120),
        stop_timeout_seconds=float(given.get("stopTimeout") or 30),
        port=ports[0] if ports else None,
        health_check=HealthCheck(command=tuple(check["command"]), timeout_seconds=float(check.get("timeout", 5)))
        if check
        else None,
    )


def _words(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """ECS takes an empty list for none."""
    return tuple(given) if given else None


def ordered(definitions: Sequence[Json]) -> tuple[Container, ...]:
    """The containers of a task definition, dependencies first.

    The last one is that which serves, or the essential one that nobody waits for. Raises ValueError, KeyError,
    TypeError, AttributeError or CycleError where they cannot be read.
    """
    containers = [_container(each) for each in definitions]
    by_name = {container.name: container for container in containers}
    order = [*TopologicalSorter({each.name: each.waits_for for each in containers}).static_order()]
    needed = {name for each in containers for name in each.waits_for}
    last = max(containers, key=lambda each: (each.name not in needed, each.port is not None, each.is_essential))
    return (*(by_name[name] for name in order if name != last.name), last)
