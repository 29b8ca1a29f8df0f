"""Credentials in plain text. Whatever stands in a plan or a state is read by all who may plan.

No line here shows what was found, only where.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator, Mapping

from cli.review.gate.container_definitions import containers
from cli.review.gate.resources import Resource, Unit, named_strings
from cli.review.gate.rule import Rule, UnitRule
from modules import credentials

# Attributes whose value is a secret.
_SECRET_ATTRIBUTE = re.compile(
    r"\.(?:password|secret_string|secret_binary|auth_token|private_key\w*|random_password)\b"
    r"|random_password\.\w+\.result"
)
_REFERENCE = "the value of a secret"


def _kind(value: str) -> str | None:
    """What kind of credential a string is or holds, or refers to."""
    return _REFERENCE if _refers_to_secret(value) else credentials.kind(value)


def _plain(name: str, value: str, *, is_variable: bool = False) -> str | None:
    """What is wrong with a value that is in plain text under a name."""
    if _refers_to_secret(value):
        return _REFERENCE
    return credentials.in_plain_text(name, value, is_variable=is_variable)


def _held(name: str, value: object) -> str | None:
    """What kind of credential a value holds at any depth, or refers to."""
    if any(_refers_to_secret(text) for _, text in named_strings(value)):
        return _REFERENCE
    return credentials.within(name, value)


def _refers_to_secret(value: str) -> bool:
    expressions = (part.partition("}")[0] for part in value.split("${")[1:])
    return any(map(_SECRET_ATTRIBUTE.search, expressions))


def _environment(resource: Resource) -> Iterator[str]:
    for container, definition in containers(resource):
        for variable in definition.get("environment") or ():
            name, value = str(variable.get("name")), str(variable.get("value") or "")
            if name in resource.unit.public_variables:
                continue
            # Under such a name a reference is a secret too, because ECS gets what it stands for.
            is_secret = credentials.is_secret_name(name, is_variable=True)
            is_referred = is_secret and "${" in value and not value.endswith("arn}")
            if what := _plain(name, value, is_variable=True) or (credentials.BY_NAME if is_referred else None):
                yield f"{name} of {container} holds {what}"


def _in_container(resource: Resource) -> Iterator[str]:
    """Beside the environment: commands, labels, health checks, options of the log."""
    for container, definition in containers(resource):
        rest = {key: value for key, value in definition.items() if key not in ("environment", "secrets", "image")}
        for name, value in rest.items():
            if kind := _held(name, value):
                yield f"{name} of {container} holds {kind}"


def _user_data(resource: Resource) -> Iterator[str]:
    for name in ("user_data", "user_data_base64"):
        text = str(resource.configured.get(name) or "")  # the plan shows its hash
        with contextlib.suppress(ValueError):  # it is no base64
            text += base64.b64decode(text, validate=True).decode()
        assigned = (each for each in credentials.assignments(text) if credentials.is_secret_name(each[0]))
        is_assigned = any(_plain(*each) for each in assigned)
        if is_assigned or any(map(_kind, text.splitlines())):
            yield name


# Arguments that Terraform keeps in the state, with the better ones.
_STATEFUL = {
    "auth_token": "an RBAC user of IAM",
    "master_password": "manage_master_user_password",
    "password": "manage_master_user_password, or password_wo",
    "passwords": "authentication_mode iam",
    "private_key": "a certificate that AWS issues",
    "secret_binary": "secret_string_wo",
    "secret_string": "secret_string_wo",
}
_RANDOM = "aws_secretsmanager_random_password"
_READ_ELSEWHERE = {"container_definitions", "user_data", "user_data_base64", "policy", "assume_role_policy"}


def _argument(resource: Resource) -> Iterator[str]:
    for name, value in resource.values.items():
        if name in _READ_ELSEWHERE:
            continue
        if better := _STATEFUL.get(name) if value else None:
            yield f"{name} lies in the state for all who read it: use {better}"
        elif not name.endswith("_wo"):
            for inner, text in named_strings(value, name):
                kind = _kind(text)
                if kind and kind != credentials.RANDOM:  # ids of AWS are random too
                    yield f"{inner} holds {kind}: keep it in Secrets Manager, and refer to it by its ARN"


def _literals(unit: Unit) -> Iterator[str]:
    configuration = unit.configuration
    for name, variable in configuration.get("variable", {}).items():
        if (default := variable.get("default")) and _held(name, default):
            yield f"var.{name}"
    for name, value in configuration.get("locals", {}).items():
        if _held(name, value):
            yield f"local.{name}"
    for kind in ("provider", "data"):
        for name, block in configuration.get(kind, {}).items():
            if _holds_credential(block):
                yield f"{kind}.{name}"
    backend = configuration.get("terraform", {}).get("backend", {})
    if any(_plain(inner, text) for inner, text in named_strings(backend)):
        yield "terraform.backend"


def _holds_credential(value: object, name: str = "", *, is_tag: bool = False) -> bool:
    """Whether a credential is in a block, at any depth."""
    if isinstance(value, Mapping):
        parts = ((inner, key) for key, inner in value.items() if key != "//")
        return any(_holds_credential(inner, key, is_tag=is_tag or key == "tags") for inner, key in parts)
    if isinstance(value, list):
        return any(_holds_credential(inner, name, is_tag=is_tag) for inner in value)
    if is_tag and isinstance(value, str):
        return _refers_to_secret(value) or credentials.in_tag(name, value) is not None
    return isinstance(value, str) and _plain(name, value) is not None


def _outputs(unit: Unit) -> Iterator[str]:
    changes = unit.plan.plan.outputs
    for name, output in unit.configuration.get("output", {}).items():
        secret = _held(name, output.get("value"))
        is_marked = name in changes and changes[name].after_sensitive is True
        if secret or output.get("sensitive") or is_marked:
            yield f"output.{name}"


# Data sources whose values are secrets, which the state keeps.
_READS = frozenset(
    {
        "aws_db_instance_password",
        "aws_ecr_authorization_token",
        "aws_eks_cluster_auth",
        "aws_kms_secrets",
        "aws_secretsmanager_random_password",
        "aws_secretsmanager_secret_version",
        "aws_ssm_parameter",
        "aws_ssm_parameters_by_path",
    }
)


def _read(unit: Unit) -> Iterator[str]:
    for kind, sources in unit.configuration.get("data", {}).items():
        for name, source in sources.items() if kind in _READS else ():
            if not str(source.get("name", "")).startswith("/aws/service/"):  # public parameters of AWS
                yield f"data.{kind}.{name}"


def _constant(resource: Resource) -> Iterator[str]:
    """Terraform keeps no write-only argument in the state, but the configuration says what is written down in it."""
    for name, value in resource.configured.items():
        if name.endswith("_wo") and isinstance(value, str) and "${" not in value:
            yield name


def _short(unit: Unit) -> Iterator[str]:
    for name, password in unit.configuration.get("ephemeral", {}).get(_RANDOM, {}).items():
        # https://docs.djangoproject.com/en/5.2/ref/checks/#security: W009 asks for 50 of a SECRET_KEY.
        if int(password.get("password_length", 32)) < 50:
            yield f"ephemeral.{_RANDOM}.{name}"


RULES = (
    Rule(
        "credentials/environment",
        ("aws_ecs_task_definition",),
        _environment,
        "{}, in plain text for all who see the task: pass it by `secrets`, from Secrets Manager",
    ),
    Rule(
        "credentials/container",
        ("aws_ecs_task_definition",),
        _in_container,
        "{}, in plain text for all who see the task: pass it by `secrets`, from Secrets Manager",
    ),
    Rule(
        "credentials/user-data",
        ("aws_instance", "aws_launch_template"),
        _user_data,
        "{} holds a credential, which every process of the instance reads: let the instance fetch it by its role",
    ),
    Rule("credentials/argument", ("*",), _argument, "{}"),
    Rule(
        "credentials/endpoint",
        ("aws_sns_topic_subscription",),
        lambda resource: resource.get("protocol") in ("http", "https"),
        "its URL is a secret, which would lie in the state: subscribe it by `make subscribe`",
    ),
    UnitRule(
        "credentials/literal",
        _literals,
        "a credential stands in the code: let Terraform take it from its environment, or refer to its ARN",
    ),
    Rule(
        "credentials/constant",
        ("*",),
        _constant,
        "{} is written down in the configuration: draw it with ephemeral.aws_secretsmanager_random_password",
    ),
    UnitRule(
        "credentials/read",
        _read,
        "the secret that it reads would lie in the state: refer to its ARN, or read it with an ephemeral resource",
    ),
    UnitRule(
        "credentials/output",
        _outputs,
        "a secret would lie in the state, for all who read this unit's outputs: publish its ARN",
    ),
    UnitRule(
        "credentials/short",
        _short,
        "the password is short enough to be guessed: make password_length 50 or more",
    ),
)
