"""The one container of a task."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.task_definition.application import Application
from modules.task_definition.secret import Secret

TMP = "tmp"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpServer:
    """A container that serves HTTP on a port and answers 200 on a path as long as it is healthy."""

    port: int
    path: str
    interval_seconds: int
    timeout_seconds: int
    retries: int
    start_seconds: int


def container_definitions(
    application: Application,
    *,
    name: str,
    log_group_name: str,
    variables: Mapping[str, str],
    secrets: Mapping[str, Secret],
    command: Sequence[str] | None,
    stop_timeout_seconds: int,
    server: HttpServer | None,
) -> str:
    """The JSON of the container definitions, sorted so that it changes only with what it says.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
    """
    read_only = application.runtime.read_only_root_filesystem
    container: dict[str, Any] = {
        "name": name,
        "image": application.image,
        "essential": True,
        "environment": [{"name": key, "value": variables[key]} for key in sorted(variables)],
        "secrets": [{"name": key, "valueFrom": secrets[key].value_from} for key in sorted(secrets)],
        "readonlyRootFilesystem": read_only,
        "mountPoints": [{"sourceVolume": TMP, "containerPath": "/tmp", "readOnly": False}] if read_only else [],
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
    if command is not None:
        container["command"] = list(command)
    if server is not None:
        container["portMappings"] = [{"containerPort": server.port, "hostPort": server.port, "protocol": "tcp"}]
        container["healthCheck"] = _health_check(server)
    return json.dumps([container])


def _health_check(server: HttpServer) -> dict[str, Any]:
    # Python is in the image, curl is not in slim ones. urlopen raises, and so exits with 1, from status 400 on.
    url = f"http://127.0.0.1:{server.port}{server.path}"
    program = f"import urllib.request; urllib.request.urlopen({url!r}, timeout={server.timeout_seconds})"
    return {
        "command": ["CMD", "python", "-c", program],
        "interval": server.interval_seconds,
        "timeout": server.timeout_seconds,
        "retries": server.retries,
        "startPeriod": server.start_seconds,
    }
