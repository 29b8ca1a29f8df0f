"""Passwords of RDS that do not last, asked for anew for every connection that the pool opens.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html: a token lives 15 minutes.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html: RDS rotates its secret every 7 days.
A password read once at start would therefore stop new connections, and only new ones, some time later.
"""

import functools
import json
from collections.abc import Callable
from typing import Any, Self

import psycopg

from operations import aws

Password = Callable[[str, int, str], str]
"""From host, port and user to the password of the moment."""


def connection_class(password: Password) -> type[psycopg.Connection[Any]]:
    """The class that psycopg's pool makes its connections of."""

    class FreshPasswordConnection(psycopg.Connection[Any]):
        @classmethod
        def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
            kwargs["password"] = password(kwargs["host"], int(kwargs["port"]), kwargs["user"])
            return super().connect(conninfo, **kwargs)

    return FreshPasswordConnection


def iam_token(region: str) -> Password:
    """Signed on this machine with the task's credentials; no request leaves it."""

    def password(host: str, port: int, user: str) -> str:
        return aws.token("rds-db", region, f"{host}:{port}", {"DBUser": user})

    return password


def managed_secret(region: str, secret_arn: str) -> Password:
    """The current password of the secret that RDS keeps in Secrets Manager."""

    def password(host: str, port: int, user: str) -> str:
        secret = _secrets_manager(region).get_secret_value(SecretId=secret_arn)
        return json.loads(secret["SecretString"])["password"]

    return password


@functools.cache
def _secrets_manager(region: str) -> Any:
    return aws.session(region).client("secretsmanager")
