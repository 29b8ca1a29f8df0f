"""What the task definitions give the application: tests/snapshots/ holds what is synthesized, byte for byte."""

import json
import re
from pathlib import Path
from typing import Any

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
_REFERENCE = re.compile(r"\$\{data\.terraform_remote_state\.(\w+)\.outputs\.(\w+)\}")


def container(environment: str, task: str) -> dict[str, Any]:
    """The container definition of a task (`web`, `migrate`), with the mock outputs of the units upstream."""
    unit = json.loads((SNAPSHOTS / environment / "django-service.json").read_text())
    mocks = unit["//"]["mock_outputs"]
    for definition in unit["resource"]["aws_ecs_task_definition"].values():
        text = _REFERENCE.sub(lambda found: str(mocks[found[1]][found[2]]), definition["container_definitions"])
        (found,) = json.loads(text)
        if found["name"] == task:
            return found
    raise LookupError(f"{environment} has no task {task}")


def variables(environment: str, task: str) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container(environment, task)["environment"]}


def secrets(environment: str, task: str) -> set[str]:
    return {secret["name"] for secret in container(environment, task)["secrets"]}
