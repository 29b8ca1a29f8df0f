"""Containers: a known image, no more rights than it needs, and a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.container_definitions import containers, readable
from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Json
from modules.credentials import without_templates

_ROOT = re.compile(r"root|0+")
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
        user = str(container.get("user") or "").split(":")
        is_root = any(map(_ROOT.fullmatch, user)) and not _only_fills_volumes(container, capabilities)
        if container.get("privileged") or is_root or capabilities.get("add"):
            yield name


def _only_fills_volumes(container: Json, capabilities: Json) -> bool:
    """Whether root, to whom ECS gives each new volume, may do nothing else, and knows nothing that is secret."""
    is_bare = container.get("readonlyRootFilesystem") is True and not container.get("secrets")
    return container.get("essential") is False and is_bare and capabilities.get("drop") == ["ALL"]


def _writable(resource: Resource) -> Iterator[str]:
    return (name for name, each in containers(resource) if each.get("readonlyRootFilesystem") is not True)


def _silent(resource: Resource) -> Iterator[str]:
    for name, container in containers(resource):
        driver = (container.get("logConfiguration") or {}).get("logDriver")
        if driver in (None, "", "none"):
            yield name


def _foreign_image(resource: Resource) -> Iterator[str]:
    """Of no repository in the environment's accounts, and not the application's, which is a local of the unit."""
    unit = resource.unit
    own = {_repository(value) for value in unit.configuration.get("locals", {}).values() if isinstance(value, str)}
    accounts = "|".join(
        account_id
        for provider in unit.configuration.get("provider", {}).get("aws", ())
        for account_id in provider.get("allowed_account_ids", ())
    )
    registry = re.compile(rf"(?:{accounts})\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com|on\.aws)(?:\.cn)?/.+")
    for name, container in containers(resource):
        repository = _repository(unit.expand(str(container.get("image", ""))))
        if repository not in own and not registry.fullmatch(repository):
            yield name


def _repository(image: str) -> str:
    """An image without its tag and digest."""
    parent, slash, name = image.partition("${")[0].partition("@")[0].rpartition("/")
    return parent + slash + name.partition(":")[0]


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
    Rule(
        "containers/foreign-image",
        _TASKS,
        _foreign_image,
        "the image of {} is of a registry that is not the environment's: push it to ECR in its account, and name that",
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
