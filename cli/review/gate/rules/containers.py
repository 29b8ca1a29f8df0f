"""Containers: a known image, no more rights than it needs, and a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.container_definitions import containers, readable
from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Json
from modules.credentials import without_templates

_TASKS = ("aws_ecs_task_definition",)


def _tag(image: str) -> str:
    """The tag or digest of an image; empty where it has none."""
    name = without_templates(image, "${}").rpartition("/")[2]
    found = re.fullmatch(r"[^:@$]*(?:\$\{\}|[:@])(?P<tag>.*)", name)
    return found["tag"] if found else ""


def _latest(resource: Resource) -> Iterator[str]:
    for name, container in containers(resource):
        if _tag(resource.unit.expand(str(container.get("image", "")))).lower() == "latest":
            yield name


def _untagged(resource: Resource) -> Iterator[str]:
    for name, container in containers(resource):
        if not _tag(resource.unit.expand(str(container.get("image", "")))):
            yield name


def _privileged(resource: Resource) -> Iterator[str]:
    for name, container in containers(resource):
        capabilities = (container.get("linuxParameters") or {}).get("capabilities") or {}
        is_root = container.get("user") in ("root", "0", "0:0") and not _only_fills_volumes(container, capabilities)
        if container.get("privileged") or is_root or capabilities.get("add"):
            yield name


def _only_fills_volumes(container: Json, capabilities: Json) -> bool:
    """Whether root, to whom ECS gives each new volume, may do nothing else, and knows nothing that is secret."""
    is_bare = container.get("readonlyRootFilesystem") is True and not container.get("secrets")
    return container.get("essential") is False and is_bare and capabilities.get("drop") == ["ALL"]


def _writable(resource: Resource) -> Iterator[str]:
    return (name for name, each in containers(resource) if each.get("readonlyRootFilesystem") is not True)


def _silent(resource: Resource) -> Iterator[str]:
    return (name for name, each in containers(resource) if not each.get("logConfiguration"))


def _same_role(resource: Resource) -> bool:
    execution, task = resource.get("execution_role_arn"), resource.get("task_role_arn")
    return bool(task) and execution == task


def _shares_namespaces(resource: Resource) -> bool:
    return (
        resource.get("pid_mode") == "host" or resource.get("network_mode") == "host" or bool(resource.get("ipc_mode"))
    )


RULES = (
    Rule(
        "containers/unreadable",
        _TASKS,
        lambda resource: not readable(resource),
        "container_definitions are no text that can be reviewed before apply: write them as JSON",
    ),
    Rule(
        "containers/latest",
        _TASKS,
        _latest,
        "the image of {} moves, so nobody can roll back to it: give a version as tag",
    ),
    Rule(
        "containers/untagged",
        _TASKS,
        _untagged,
        "the image of {} has no tag, which means latest: give a version or digest",
    ),
    Rule("containers/privileged", _TASKS, _privileged, "{} runs as root or with more rights: take them away"),
    Rule("containers/writable", _TASKS, _writable, "{} can alter its own files: set readonlyRootFilesystem to true"),
    Rule("containers/no-log", _TASKS, _silent, "{} writes no log: add a logConfiguration"),
    Rule(
        "containers/same-role",
        _TASKS,
        _same_role,
        "the application has the rights of the role that starts it, and so its secrets too: give it a role of its own",
    ),
    Rule(
        "containers/host-namespaces",
        _TASKS,
        _shares_namespaces,
        "the containers share the host's processes or network: use awsvpc, and leave pid_mode and ipc_mode out",
    ),
    Rule(
        "containers/execute-command",
        ("aws_ecs_service",),
        lambda resource: resource.on("enable_execute_command"),
        "whoever may call ECS gets a shell where the secrets are: set enable_execute_command to false",
    ),
)
