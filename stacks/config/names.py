"""The values that the platform knows, by the names under which tasks find them and a project may use them.

What each of them is: stacks/units/django_service/contract.py, which fills them in.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterator, Mapping

from modules.task_definition.environment import name_rules, plain_text_rules
from modules.validation import Problem, show

_PLAIN = """
    DJANGO_SETTINGS_MODULE DJANGO_ALLOWED_HOSTS ENVIRONMENT AWS_REGION AWS_DEFAULT_REGION DATABASE_HOST
    DATABASE_PORT DATABASE_NAME DATABASE_USER DATABASE_AUTHENTICATION DATABASE_SECRET_ARN DATABASE_APP_USER
    DATABASE_MIGRATION_USER WEB_CONCURRENCY GUNICORN_LOG_LEVEL GUNICORN_KEEPALIVE_SECONDS TRUSTED_PROXIES
    CELERY_SHUTDOWN_SECONDS
"""
# Only where there is Redis: without it they are the user's own, as CELERY_BROKER_URL="sqs://" is.
_OF_REDIS = """
    REDIS_URL CELERY_BROKER_URL REDIS_IAM_USER REDIS_REPLICATION_GROUP_ID CELERY_BROKER_REPLICATION_GROUP_ID
"""
PLAIN = tuple(_PLAIN.split())
OF_REDIS = tuple(_OF_REDIS.split())
SECRET = ("DJANGO_SECRET_KEY", "DATABASE_PASSWORD")
# Only with authentication "password" or a file of tokens: else they are the user's own.
OF_PASSWORDS = ("DATABASE_URL", "DATABASE_APP_PASSWORD", "DATABASE_MIGRATION_PASSWORD")
RESERVED = frozenset((*PLAIN, *SECRET))
"""What tasks find under these names, with OF_REDIS where there is Redis."""

HOSTS_OF_REDIS = ("REDIS_HOST", "REDIS_PORT", "CELERY_BROKER_HOST", "CELERY_BROKER_PORT")
# Only without DNS: with it the name is the user's own.
OF_CLOUDFRONT = ("FORWARDED_PROTO_HEADER",)
UNSET = ("URL", "HOSTNAME", "PORT", *OF_CLOUDFRONT, *HOSTS_OF_REDIS)
"""What no task finds unless a project asks for it, or without DNS."""

SECRETS = ("DJANGO_SECRET_KEY", "DATABASE_PASSWORD", "DATABASE_URL")
"""What a project may use by a name of its own, and only alone: ECS hands a secret over as it is."""
VALUES = frozenset((*PLAIN, *OF_REDIS, *UNSET, *SECRETS))

OF_SERVERS: Mapping[str | None, tuple[str, ...]] = {
    None: (),
    "gunicorn": ("PORT", "GUNICORN_CMD_ARGS"),
    "uvicorn": ("PORT", "UVICORN_HOST", "UVICORN_PORT", "UVICORN_TIMEOUT_KEEP_ALIVE", "UVICORN_LOG_LEVEL"),
}
"""What web finds beside WEB_CONCURRENCY because its server reads it, by the server."""

OF_LIBPQ = ("PGSSLMODE", "PGSSLROOTCERT")
"""What libpq reads, unless the image brings the authorities of RDS."""

OF_TOKEN_FILE = ("PGPASSFILE",)
"""What libpq reads where the platform keeps a token for it."""

_NAMED = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
# They have a database and a query already.
_WHOLE_URLS = {"REDIS_URL": "REDIS", "CELERY_BROKER_URL": "CELERY_BROKER"}


def used(text: str) -> tuple[str, ...]:
    """The names in a text, as `{DATABASE_HOST}`. Raises ValueError where braces are no names."""
    found = []
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is not None:
            if form or conversion or not name.isidentifier():
                raise ValueError("braces hold something else than a name")
            found.append(name)
    return tuple(found)


def values_in(text: str | None) -> list[str]:
    """The values that a text names; none where a rule has refused it."""
    try:
        return sorted({*used(text or "")})
    except ValueError:
        return []


def literal_rules(field: str, variables: Mapping[str, str], remedy: str) -> Iterator[Problem]:
    """Variables in which nothing is filled in name no value of the platform."""
    for name, text in variables.items():
        if found := [each for each in dict.fromkeys(_NAMED.findall(text)) if each in VALUES]:
            what = f"has {', '.join(f'{{{each}}}' for each in found)}, and no value is filled in here"
            yield Problem(f"{field}[{show(name)}]", what, remedy)


def again_rules(field: str, name: str, text: str) -> Iterator[Problem]:
    """A value that the platform sets under this name may be written otherwise, and not be another one."""
    if name not in values_in(text):
        remedy = f'compose it of "{{{name}}}", or remove it by None and set it in each environment'
        yield Problem(field, "is set by the service itself", remedy)


def secret_of(text: str) -> str | None:
    """The secret that a text names, with nothing else in it."""
    return next((name for name in SECRETS if text == f"{{{name}}}"), None)


def variable_rules(
    field: str,
    variables: Mapping[str, str | None],
    *,
    set_too: Collection[str] = (),
    removable: Collection[str] = (),
    public: Collection[str] = (),
) -> Iterator[Problem]:
    """The variables that a project adds: a problem for each at most.

    The service sets `set_too` as well. None removes one of `removable`, or of what the service sets. `public` are names
    that only look secret.
    """
    reserved = {*RESERVED, *set_too}
    for name, text in variables.items():
        where = f"{field}[{show(name)}]"
        if text is not None:
            yield from [*_variable_rules(where, name, text, reserved, public)][:1]
        elif name not in {*reserved, *OF_REDIS, *OF_CLOUDFRONT, *OF_PASSWORDS, *removable}:
            yield Problem(where, "is set by nobody, so that None removes nothing", "remove the line")


def _variable_rules(
    field: str, name: str, text: str, reserved: Collection[str], public: Collection[str]
) -> Iterator[Problem]:
    yield from () if name in reserved else name_rules(field, name)
    try:
        names = used(text)
    except ValueError:
        what = "has braces that hold no name of a value"
        yield Problem(field, what, 'write "{DATABASE_HOST}" for a value, and "{{" and "}}" for braces')
        return
    known = VALUES.union(reserved)
    if unknown := [each for each in dict.fromkeys(names) if each not in known]:
        yield Problem(field, f"names {', '.join(unknown)}", f"use one of {', '.join(sorted(known))}")
    if secret_of(text):
        return
    for secret in (each for each in names if each in SECRETS):
        what = f"puts {secret} into a text, and ECS hands a secret over as it is"
        yield Problem(field, what, f'write "{{{secret}}}" alone; a URL with the password is "{{DATABASE_URL}}"')
    for url, host in _WHOLE_URLS.items():
        if f"{{{url}}}/" in text:
            what = f"adds a path to {url}, which has one already"
            yield Problem(field, what, f'write "rediss://{{{host}_HOST}}:{{{host}_PORT}}/1?ssl_cert_reqs=required"')
    if name in reserved:
        yield from again_rules(field, name, text)
    yield from plain_text_rules(field, name, text, public)
