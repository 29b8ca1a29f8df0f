"""The containers of a task: its own, and those that run before it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.task_definition.application import Application, FirstContainer, Sidecar, TaskEnvironment
from modules.task_definition.directories import volume_name
from modules.task_definition.image import registry_of
from modules.task_definition.secret import Secret
from modules.task_definition.sidecar_inputs import START_SECONDS

DIRECTORIES = "directories"
"""The name of the container that opens volumes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpServer:
    """A container that serves HTTP on a port and answers below 400 on a path as long as it is healthy."""

    port: int
    path: str
    interval_seconds: int
    timeout_seconds: int
    retries: int
    grace_seconds: int
    """How long failed checks do not count. A service may have more of it than a container."""
    hostname: str | None = None
    """By which it is asked, as over HTTPS. None: by its address."""
    forwarded_proto: str = "X-Forwarded-Proto"
    """The header that says so."""
    redirects: bool = False
    """Whether it may answer with a redirect, which is not followed then."""


def writable_volumes(application: Application) -> dict[str, str]:
    """What a task may write to where its root file system is read-only: directories by the name of their volume."""
    if not application.runtime.read_only_root_filesystem:
        return {}
    return {volume_name(path): path for path in ("/tmp", *application.writable_directories)}


def opened_volumes(application: Application, environment: TaskEnvironment) -> list[FirstContainer]:
    """What lets the user of an image write to its volumes, which ECS gives to root unless the image declares them.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
    """
    own = {} if application.declares_volumes else writable_volumes(application)
    of_sidecars = {
        name: environment.volumes.get(name, f"/volumes/{name}")
        for each in environment.sidecars
        for name in each.volumes
    }
    volumes = own | of_sidecars
    if not volumes:
        return []
    # One that the image declares after all may be its user's, to whom it then stays.
    command = f"chmod 1777 {' '.join(volumes.values())} || true"
    return [
        FirstContainer(
            name=DIRECTORIES,
            entry_point=("sh", "-c"),
            command=(command,),
            writes=tuple(volumes),
            volumes=of_sidecars,
        )
    ]


def container_definitions(
    application: Application,
    *,
    name: str,
    log_group_name: str,
    environment: TaskEnvironment,
    variables: Mapping[str, str],
    secrets: Mapping[str, Secret],
    entry_point: Sequence[str] | None,
    command: Sequence[str] | None,
    cpu: int,
    stop_timeout_seconds: int,
    server: HttpServer | None,
) -> str:
    """The JSON of the container definitions, the main one first, sorted so that it changes only with what it says.

    `cpu` is that of the task.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
    """
    container: dict[str, Any] = {
        "name": name,
        "image": application.image,
        "essential": True,
        "environment": [{"name": key, "value": variables[key]} for key in sorted(variables)],
        "secrets": [{"name": key, "valueFrom": secrets[key].value_from} for key in sorted(secrets)],
        "readonlyRootFilesystem": application.runtime.read_only_root_filesystem,
        "mountPoints": [
            *(
                {"sourceVolume": volume, "containerPath": path, "readOnly": False}
                for volume, path in writable_volumes(application).items()
            ),
            *(
                {"sourceVolume": volume, "containerPath": path, "readOnly": True}
                for volume, path in environment.volumes.items()
            ),
            *(
                {"sourceVolume": volume, "containerPath": mount.path, "readOnly": mount.read_only}
                for volume, mount in environment.efs.items()
            ),
        ],
        # An init process passes signals on and reaps what the application, or a shell of ECS Exec, leaves behind.
        "linuxParameters": {"initProcessEnabled": True},
        "stopTimeout": stop_timeout_seconds,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": application.region,
                "awslogs-stream-prefix": "ecs",
                # When CloudWatch stalls, the oldest lines are lost; the default would stop the application instead.
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        },
    }
    if share := _cpu_share(environment.sidecars, cpu):
        container["cpu"] = share
    if application.user is not None:
        container["user"] = application.user
    if entry_point is not None:
        container["entryPoint"] = list(entry_point)
    if command is not None:
        container["command"] = list(command)
    if application.registry_secret_arn is not None:
        container["repositoryCredentials"] = {"credentialsParameter": application.registry_secret_arn}
    if server is not None:
        container["portMappings"] = [{"containerPort": server.port, "hostPort": server.port, "protocol": "tcp"}]
        container["healthCheck"] = _health_check(server)
    # What only fills volumes runs before the sidecars, and what is of the application after those that start first.
    awaited = [each for each in environment.sidecars if each.starts_first]
    if environment.first or awaited:
        container["dependsOn"] = [*_after(environment.first), *_beside(awaited)]
    earlier = [environment.first[:index] for index in range(len(environment.first))]
    first = [
        _first(each, _but_efs(container, each, environment), before, awaited if each.inherits_environment else ())
        for each, before in zip(environment.first, earlier, strict=True)
    ]
    filling = [each for each in environment.first if not each.inherits_environment]
    sidecars = [_sidecar(each, container, filling, application.registry) for each in environment.sidecars]
    return json.dumps([container, *first, *sidecars])


def _cpu_share(sidecars: Sequence[Sidecar], cpu: int) -> int | None:
    """What a container is sure of that says nothing, where another one does: beside that one it would starve."""
    given = [each.cpu for each in sidecars if each.cpu]
    others = 1 + len(sidecars) - len(given)
    return (cpu - sum(given)) // others if given else None


def _but_efs(main: Mapping[str, Any], first: FirstContainer, environment: TaskEnvironment) -> Mapping[str, Any]:
    """What a container that runs first has of the main one: what is not of the application has no files of it."""
    if first.inherits_environment:
        return main
    return {
        **main,
        "mountPoints": [each for each in main["mountPoints"] if each["sourceVolume"] not in environment.efs],
    }


def _first(
    first: FirstContainer, main: Mapping[str, Any], earlier: Sequence[FirstContainer], awaited: Sequence[Sidecar]
) -> dict[str, Any]:
    variables = [{"name": key, "value": first.variables[key]} for key in sorted(first.variables)]
    inherited = [*main["environment"], *variables], main["secrets"]
    environment, secrets = inherited if first.inherits_environment else (variables, [])
    mounts = [
        {**each, "readOnly": each["readOnly"] and each["sourceVolume"] not in first.writes}
        for each in main["mountPoints"]
    ]
    mounted = {each["sourceVolume"] for each in mounts}
    mounts += [_writable(volume, path) for volume, path in first.volumes.items() if volume not in mounted]
    container = {
        "name": first.name,
        "image": first.image or main["image"],
        "essential": False,
        "command": list(first.command),
        "environment": environment,
        "secrets": secrets,
        "readonlyRootFilesystem": main["readonlyRootFilesystem"],
        "mountPoints": mounts,
        "linuxParameters": main["linuxParameters"],
        "logConfiguration": main["logConfiguration"],
        # What does not end makes the task fail, and not wait.
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
        "startTimeout": START_SECONDS,
    }
    if first.entry_point is not None:
        container["entryPoint"] = list(first.entry_point)
    if "user" in main:
        container["user"] = main["user"]
    if "repositoryCredentials" in main and container["image"] == main["image"]:
        container["repositoryCredentials"] = main["repositoryCredentials"]
    if first.writes:
        container["user"] = "0"
        container["readonlyRootFilesystem"] = True
        container["linuxParameters"] = {**main["linuxParameters"], "capabilities": {"drop": ["ALL"]}}
    if earlier or awaited:
        container["dependsOn"] = [*_after(earlier), *_beside(awaited)]
    return container


def _sidecar(
    sidecar: Sidecar, main: Mapping[str, Any], earlier: Sequence[FirstContainer], registry: str | None
) -> dict[str, Any]:
    is_of_registry = sidecar.image is None or registry_of(sidecar.image) == registry
    container = {
        "name": sidecar.name,
        "image": sidecar.image or main["image"],
        "essential": sidecar.essential,
        "environment": [{"name": key, "value": sidecar.variables[key]} for key in sorted(sidecar.variables)],
        "secrets": [{"name": key, "valueFrom": sidecar.secrets[key].value_from} for key in sorted(sidecar.secrets)],
        "readonlyRootFilesystem": True,
        "mountPoints": [_writable(volume, path) for volume, path in sidecar.volumes.items()],
        "linuxParameters": {**main["linuxParameters"], "capabilities": {"drop": ["ALL"]}},
        "stopTimeout": sidecar.stop_timeout_seconds,
        "logConfiguration": main["logConfiguration"],
    }
    optional = {
        "user": sidecar.user if sidecar.image else main.get("user"),
        "entryPoint": sidecar.entry_point and list(sidecar.entry_point),
        "command": sidecar.command and list(sidecar.command),
        "memory": sidecar.memory_mib,
        "cpu": sidecar.cpu or main.get("cpu"),
        "repositoryCredentials": main.get("repositoryCredentials") if is_of_registry else None,
        "dependsOn": _after(earlier),
        # What others wait for makes the task fail, and not wait for ever.
        "startTimeout": START_SECONDS if sidecar.starts_first else None,
    }
    if check := sidecar.health_check:
        container["healthCheck"] = {
            "command": ["CMD", *check.command],
            "interval": check.interval_seconds,
            "timeout": check.timeout_seconds,
            "retries": check.retries,
            "startPeriod": check.start_seconds,
        }
    return container | {key: value for key, value in optional.items() if value}


def _writable(volume: str, path: str) -> dict[str, Any]:
    return {"sourceVolume": volume, "containerPath": path, "readOnly": False}


def _after(containers: Sequence[FirstContainer]) -> list[dict[str, str]]:
    return [{"containerName": each.name, "condition": "SUCCESS"} for each in containers]


def _beside(sidecars: Sequence[Sidecar]) -> list[dict[str, str]]:
    return [{"containerName": each.name, "condition": "HEALTHY" if each.health_check else "START"} for each in sidecars]


def _health_check(server: HttpServer) -> dict[str, Any]:
    # Python is in the image, curl is not in slim ones. urlopen raises, and so exits with 1, from status 400 on.
    address = f"127.0.0.1:{server.port}"
    url = f"http://{address}{server.path}"
    program = f"import urllib.request; urllib.request.urlopen({url!r}, timeout={server.timeout_seconds})"
    if server.hostname or server.redirects:
        headers = {"Host": server.hostname, server.forwarded_proto: "https"} if server.hostname else {}
        program = (
            f"import http.client; it = http.client.HTTPConnection({address!r}, timeout={server.timeout_seconds}); "
            f"it.request('GET', {server.path!r}, headers={headers!r}); raise SystemExit(it.getresponse().status >= 400)"
        )
    return {
        "command": ["CMD", "python", "-c", program],
        "interval": server.interval_seconds,
        "timeout": server.timeout_seconds,
        "retries": server.retries,
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
        "startPeriod": min(server.grace_seconds, 300),
    }
