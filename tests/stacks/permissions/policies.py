"""The roles of a bootstrapped environment as IAM sees them, and whether they allow a call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Any

from modules.github_oidc.inputs import GithubOidcInputs
from stacks.bootstrap import BootstrapUnit
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.loader import load
from stacks.config.schema import Environment
from tests.support import Json, unit_json


def environment(**github: Any) -> Environment:
    """The environment prod with the roles of GitHub."""
    (prod,) = load(["prod"]).values()
    inputs = GithubOidcInputs(**{"repository": "acme/django", **github})
    return replace(prod, bootstrap=BootstrapInputs(github=inputs))


def bootstrap(of: Environment) -> Json:
    """The JSON of the unit."""
    return unit_json(lambda app: BootstrapUnit(app, of))


def statements(document: Json, role: str) -> list[Json]:
    """What a role is allowed and denied, by all of its policies; `boundary` is that of the units' roles."""
    policies = document["resource"]["aws_iam_policy"]
    if role == "boundary":
        return _of(policies["boundary"])
    name = f"${{aws_iam_role.github_{role}.name}}"
    attachments = document["resource"]["aws_iam_role_policy_attachment"].values()
    found = [a["policy_arn"].split(".")[1] for a in attachments if a["role"] == name]
    return [statement for policy in sorted(found) for statement in _of(policies[policy])]


def allows(found: list[Json], action: str, resource: str, **context: str) -> bool:
    """Whether IAM would let a call pass, with these values of condition keys, `:` and `/` written as `_`."""
    matching = [s for s in found if _matches(s, action, resource, context)]
    return any(s["Effect"] == "Allow" for s in matching) and not any(s["Effect"] == "Deny" for s in matching)


def actions(found: list[Json]) -> Iterator[str]:
    """Every action that is allowed."""
    for statement in found:
        if statement["Effect"] == "Allow":
            yield from statement["Action"]


def _of(policy: Json) -> list[Json]:
    found: list[Json] = json.loads(policy["policy"])["Statement"]
    return found


def _matches(statement: Json, action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        action in statement["Action"]
        and any(_like(pattern, resource) for pattern in statement["Resource"])
        and all(
            _holds(operator, _listed(wanted), context.get(re.sub(r"[:/]", "_", key)))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, wanted: list[str], given: str | None) -> bool:
    match operator:
        case "Null":
            return (given is None) is (wanted == ["true"])
        case "StringEquals" | "ArnEquals" | "Bool":
            return given in wanted
        case "StringLike":
            return given is not None and any(_like(pattern, given) for pattern in wanted)
    raise AssertionError(f"the test knows no {operator}")


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
