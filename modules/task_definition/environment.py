"""The environment of a container: variables in plain text, and secrets by their ARN."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from modules.task_definition.secret import Secret
from modules.validation import Problem, show

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# ECS and the AWS SDKs set these themselves, or are steered by them.
_AWS_NAME = re.compile(r"(AWS|ECS|FARGATE)_.*")

_SECRET_NAME = re.compile(r".*(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|_KEY)", re.IGNORECASE)
_CREDENTIALS = {
    "a password in a URL": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s@]*:[^/\s@]+@"),
    "an AWS access key": re.compile(r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def environment_rules(variables: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[Problem]:
    """What a user adds to the environment must have legal names, and keep what is secret out of `variables`."""
    for field, names in (("variables", variables), ("secrets", secrets)):
        for name in names:
            yield from _name_rules(f"{field}[{show(name)}]", name)
    for name in variables.keys() & secrets.keys():
        yield Problem(f"secrets[{show(name)}]", "is in variables too", "name it once")
    for name, value in variables.items():
        yield from _plain_text_rules(f"variables[{show(name)}]", name, value)
    for name, reference in secrets.items():
        if Secret.parse(reference) is None:
            yield Problem(
                f"secrets[{show(name)}]",
                "is no full ARN, and ECS reads a bare name as that of an SSM parameter",
                "give the ARN of a secret (and :json-key::) or of an SSM parameter",
            )


def reserved_rules(field: str, names: Collection[str], reserved: Collection[str]) -> Iterator[Problem]:
    """A name that the application gets anyhow may not be set again."""
    for name in names:
        if name in reserved:
            yield Problem(f"{field}[{show(name)}]", "is set by the service itself", "choose another name")


def _name_rules(field: str, name: str) -> Iterator[Problem]:
    if not _NAME.fullmatch(name):
        yield Problem(field, "is no name of a variable", "use letters, digits and _, no digit first")
    elif _AWS_NAME.fullmatch(name):
        yield Problem(field, "is reserved for AWS", "choose a name without AWS_, ECS_ or FARGATE_")


def _plain_text_rules(field: str, name: str, value: str) -> Iterator[Problem]:
    # The value is never shown: where this is right, it is a secret.
    if _SECRET_NAME.fullmatch(name):
        yield Problem(field, "names a secret, and variables are plain text", "move it to secrets, by its ARN")
    for what, pattern in _CREDENTIALS.items():
        if pattern.search(value):
            yield Problem(field, f"holds {what}, and variables are plain text", "move it to secrets, by its ARN")
