"""Terraform, ECS and a unit as a deployment sees them, which write down in which order they are used."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.deploy.apply import FILE
from cli.ecs.network import Network
from cli.ecs.service import ServiceStatus
from cli.ecs.task import Ended, TaskFailed
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit

NOTHING: dict[str, Any] = {"applyable": False, "resource_changes": []}
# What the unit has registered, by which a deployment knows its own task definitions.
DEFINITIONS = {
    f"django-test-{name}": f"arn:definition/{name}:2" for name in ("web", "worker", "beat", "init-database", "migrate")
}
STATE: dict[str, Any] = {
    "resources": [
        {
            "mode": "managed",
            "type": "aws_ecs_task_definition",
            "name": family,
            "instances": [{"attributes": {"family": family, "arn": arn, "container_definitions": "[]"}}],
        }
        for family, arn in DEFINITIONS.items()
    ]
}
NETWORK_OUTPUTS = {"private_subnet_ids": ["subnet-1"], "application_security_group_id": "sg-1"}


def change(address: str, *actions: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    """A plan that changes one resource."""
    kind, name = address.split(".")
    inner = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    found = {"address": address, "mode": "managed", "type": kind, "name": name, "change": inner}
    return {"applyable": True, "resource_changes": [found]}


CREATED = change("aws_vpc.this", "create", after={})


def unit(home: Path, name: str = "test-network", *dependencies: str, **configuration: Any) -> Unit:
    """A unit whose directory is made."""
    directory = home / name
    directory.mkdir(parents=True, exist_ok=True)
    environment, _, role = name.partition("-")
    owned = {"//": {"environment": environment, "unit": role}, **configuration}
    return Unit(name=name, directory=directory, home=directory, configuration=owned, dependencies=dependencies)


@dataclass
class FakeTerraform:
    """Answers by the first word of a command; a text that begins with `error: ` fails."""

    answers: dict[str, Any] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    on_apply: Callable[[Path], None] = lambda _home: None
    grace_seconds: float | None = None

    def run(self, home: Path, *arguments: str, on_line: Callable[[str], None] | None = None, **_: Any) -> str:
        self.commands.append(" ".join(arguments))
        if arguments[0] == "plan":
            (home / FILE).touch()
        if arguments[0] == "apply":
            self.on_apply(home)
        answer = self.answers.get(arguments[0], "")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, str) and answer.startswith("error: "):
            raise TerraformFailed(answer.removeprefix("error: "))
        text = answer if isinstance(answer, str) else json.dumps(answer)
        for line in text.splitlines() if on_line else ():
            assert on_line
            on_line(line)
        return text

    def initialize(self, unit: Unit, directory: Path, *arguments: str) -> None:
        """As a workspace."""
        self.commands.append(f"init {unit.name}")

    def stop(self, grace_seconds: float) -> None:
        self.grace_seconds = grace_seconds


@dataclass
class FakeTasks:
    """One-off tasks, which all end with the exit code that a test says."""

    done: list[str]
    exit_codes: dict[str, int] = field(default_factory=dict)
    failure: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    networks: list[Network] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)

    def run(self, definition: str, network: Network, *, is_alone: bool, on_line: Callable[[str], None]) -> Ended:
        assert is_alone
        family = next((family for family, arn in DEFINITIONS.items() if arn == definition), definition)
        self.done.append(f"run {family}")
        self.networks.append(network)
        self.definitions.append(definition)
        on_line(f"line of {family}")
        if self.failure:
            raise TaskFailed(self.failure)
        return Ended(exit_code=self.exit_codes.get(family, 0), log_group=f"/ecs/{family}", log_stream="ecs/x/1")


@dataclass
class FakeServices:
    """Services as a test says that they are."""

    found: list[ServiceStatus] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    rollbacks: dict[str, str] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)
    patience: float = 0

    def alarms_of(self, status: ServiceStatus) -> list[str]:
        return self.alarms.get(status.name, [])

    def rollback_of(self, status: ServiceStatus) -> str:
        return self.rollbacks.get(status.name, "")

    def describe(self, names: Iterable[str]) -> list[ServiceStatus]:
        return [status for status in self.found if status.name in [*names]]

    def wait(
        self, names: Sequence[str], *, timeout_seconds: float, on_look: Callable[[list[ServiceStatus]], None], **_: Any
    ) -> list[ServiceStatus]:
        self.patience = timeout_seconds
        on_look(self.describe(names))
        return self.describe(names)

    def restart(self, name: str) -> None:
        self.restarted.append(name)


def service(**given: Any) -> ServiceStatus:
    """A steady web service of the image 1.0.0."""
    known: dict[str, Any] = {
        "name": "django-test-web",
        "image": "registry.test/django:1.0.0",
        "task_definition": "arn:definition/web:2",
        "running": 2,
        "desired": 2,
        "deployments": 1,
        "rollout": "COMPLETED",
        "since": datetime(2030, 1, 1, tzinfo=UTC),
        "network": Network(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
        "events": (),
    }
    return ServiceStatus(**{**known, **given})
