"""The environment of a container: variables in plain text, and secrets by their ARN."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

from modules import credentials
from modules.task_definition.secret import Secret
from modules.validation import Problem, show

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# By these ECS hands a task its role, and others would turn the SDK to somebody else's credentials or endpoints.
# https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html#EVarSettings
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
_STEERING = re.compile(
    r"(ECS|FARGATE|AWS_(CONTAINER|WEB_IDENTITY|ROLE|EC2_METADATA|METADATA_SERVICE))_.*|AWS_ENDPOINT_URL(_.*)?"
    r"|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|PROFILE|DEFAULT_PROFILE|CONFIG_FILE"
    r"|SHARED_CREDENTIALS_FILE|CREDENTIAL_FILE|CA_BUNDLE|EXECUTION_ENV)"
)

# A task definition is 64 KiB at most; 9 KiB are for what the service adds, its command and its hosts.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
LONGEST_ENVIRONMENT = 55 * 1024
# Of a task whose first containers bring the authorities of RDS or open volumes, and of one whose environment two have.
LONGEST_BESIDE_OTHERS = 48 * 1024
LONGEST_TWICE = 20 * 1024
# What the sidecar takes that keeps a token, with what opens its volume.
LONGEST_TOKEN_SIDECAR = 5 * 1024


def environment_size(variables: Mapping[str, str], secrets: Mapping[str, str]) -> int:
    """How many bytes of a task definition these take."""
    return len(json.dumps([{"name": name, "value": value} for name, value in (*variables.items(), *secrets.items())]))


def environment_rules(
    variables: Mapping[str, str], secrets: Mapping[str, str], public: Collection[str] = ()
) -> Iterator[Problem]:
    """What a user adds to the environment must have legal names, and keep what is secret out of `variables`.

    `public` are names that only look secret.
    """
    size = environment_size(variables, secrets)
    if size > LONGEST_ENVIRONMENT:
        what = f"take {size:,} bytes with secrets, and a task definition has room for {LONGEST_ENVIRONMENT:,}"
        yield Problem("variables", what, "keep large values in S3 or in the image")
    for field, names in (("variables", variables), ("secrets", secrets)):
        for name in names:
            yield from name_rules(f"{field}[{show(name)}]", name)
    for name in variables.keys() & secrets.keys():
        yield Problem(f"secrets[{show(name)}]", "is in variables too", "name it once")
    for name, value in variables.items():
        yield from plain_text_rules(f"variables[{show(name)}]", name, value, public)
    for name, reference in secrets.items():
        if Secret.parse(reference) is None:
            yield Problem(
                f"secrets[{show(name)}]",
                "is no full ARN, and ECS reads a bare name as that of an SSM parameter",
                "give the ARN of a secret (and :json-key::) or of an SSM parameter",
            )
        elif ":secret:rds!" in reference:
            what = "RDS changes this password every 7 days, and a task reads it once, when it starts"
            remedy = 'remove it: database.authentication is "password" for a DATABASE_URL that stays, or "secret"'
            yield Problem(f"secrets[{show(name)}]", what, remedy)


def reserved_rules(field: str, names: Collection[str], reserved: Collection[str]) -> Iterator[Problem]:
    """A name that the application gets anyhow may not be set again."""
    for name in names:
        if name in reserved:
            yield Problem(f"{field}[{show(name)}]", "is set by the service itself", "choose another name")


def name_rules(field: str, name: str) -> Iterator[Problem]:
    """A name that a container and the SDK of AWS take for a variable of the application."""
    if not _NAME.fullmatch(name):
        yield Problem(field, "is no name of a variable", "use letters, digits and _, no digit first")
    elif _STEERING.fullmatch(name):
        what = "steers the credentials of the task's role, or is set by ECS"
        yield Problem(field, what, "remove it, and give the task rights by iam_statements")


def plain_text_rules(field: str, name: str, value: str, public: Collection[str] = ()) -> Iterator[Problem]:
    """A value in plain text is no credential, unless it is empty or its name is declared to be public."""
    # The value is never shown: where this is right, it is a secret.
    if not value or name in public:
        return
    if credentials.is_secret_name(name, is_variable=True):
        yield Problem(field, "names a secret, and variables are plain text", "move it to secrets, by its ARN")
    elif kind := credentials.in_plain_text(name, value, is_variable=True):
        yield Problem(field, f"holds {kind}, and variables are plain text", "move it to secrets, by its ARN")
