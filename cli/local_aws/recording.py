"""Records what IAM checks while an environment is deployed, planned and destroyed on the local AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli import files
from cli.failure import Failure
from cli.local_aws.calls import Call
from cli.local_aws.deployment import LocalDeployment
from cli.terraform.tree import Unit
from stacks.config.schema import Environment

PHASES = ("apply", "plan", "destroy")

Record = dict[str, Any]
"""`types`: what the units were made of when it was recorded; `calls`: each with the phases that make it."""


def record(deployment: LocalDeployment, environment: Environment, step: Callable[[str, str], None]) -> Record:
    """Deploy the units, plan them a second time and destroy them.

    Raises TerraformFailed, and Failure for a request whose operation is not known.
    """
    aws, seen = deployment.aws, dict[str, set[Call]]()
    works: dict[str, Callable[[Unit], object]] = {
        "apply": deployment.apply,
        "plan": deployment.plan,
        "destroy": deployment.destroy,
    }
    deployment.each(deployment.initialize)
    types = types_of([unit.configuration for unit in deployment.units])

    def telling(phase: str) -> Callable[[Unit], None]:
        def run(unit: Unit) -> None:
            step(unit.name, phase)
            works[phase](unit)

        return run

    for phase in PHASES:
        if phase == "destroy":
            aws.calls.is_on = False
            _unprotect(deployment)
        aws.calls.is_on = True
        deployment.each(telling(phase), is_reversed=phase == "destroy")
        seen[phase] = aws.calls.take()
    if aws.calls.unknown:
        raise Failure(
            "\n".join(f"local: {each}: add it to cli/local_aws/calls.py" for each in sorted(aws.calls.unknown))
        )
    return {"types": types, "calls": rows(seen, environment)}


def rows(seen: Mapping[str, set[Call]], environment: Environment) -> list[dict[str, Any]]:
    """The calls in the order of their actions, each with the phases that make it."""
    phases: dict[Call, list[str]] = {}
    for phase, calls in seen.items():
        for call in calls:
            told_apart = tuple((key, value) for key, value in call.context if _is_of_roles(key, environment))
            kept = phases.setdefault(Call(call.action, call.resource, told_apart), [])
            if phase not in kept:
                kept.append(phase)
    return [
        {"action": call.action, "resource": call.resource, "context": dict(call.context), "phases": found}
        for call, found in sorted(phases.items())
    ]


def _is_of_roles(key: str, environment: Environment) -> bool:
    """Whether policies of the pipeline may ask for a condition key: of tags, for those that tell environments apart."""
    name, _, tag = key.partition("/")
    return not name.endswith("Tag") or tag in environment.identity_tags


def types_of(units: Sequence[dict[str, Any]]) -> list[str]:
    """The types of all resources and data sources of units."""
    found = {kind for unit in units for kind in unit.get("resource", {})}
    return sorted(found | {f"data.{kind}" for unit in units for kind in unit.get("data", {})})


def write(file: Path, recorded: Record) -> None:
    """A call a line, so that two records can be compared."""
    rows = ",\n".join(f"    {json.dumps(row, sort_keys=True)}" for row in recorded["calls"])
    types = json.dumps(recorded["types"], indent=4).replace("\n]", "\n  ]")
    files.put(file.parent, {file.name: f'{{\n  "types": {types},\n  "calls": [\n{rows}\n  ]\n}}\n'})


def _unprotect(deployment: LocalDeployment) -> None:
    """Take off what AWS protects from deletion, as whoever destroys an environment does before."""
    for unit in deployment.units:
        file = next(unit.home.glob("*.tf.json"))
        text = file.read_text()
        open_text = text.replace('"deletion_protection": true', '"deletion_protection": false').replace(
            '"enable_deletion_protection": true', '"enable_deletion_protection": false'
        )
        if open_text != text:
            file.write_text(open_text)
            deployment.apply(unit)
