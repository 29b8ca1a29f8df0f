"""How the application signs in to PostgreSQL."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Literal

from modules.validation import Problem, inputs, show

Authentication = Literal["password", "iam", "secret"]

_DEFAULT = "postgres://{user}:{password}@{host}:{port}/{name}"
_PARTS = ("user", "password", "host", "port", "name")
# What may stand in a URL, without what Terraform would read: " \ and $
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9{}:/?&=@_.~+,;!*()%-]+")


@inputs
class DatabaseInputs:
    """How the application signs in to PostgreSQL, and how it verifies whom it talks to."""

    authentication: Authentication = "password"
    """ "password": the users of the application and of the release have passwords of their own, which are drawn while
    Terraform applies, are in no state and no plan, and reach the tasks as DATABASE_PASSWORD and in DATABASE_URL.
    "iam": the application signs in with tokens that live 15 minutes, as users without a password. "secret": it signs in
    as the master user, with the password that it reads from DATABASE_SECRET_ARN at each connection, because RDS changes
    it every 7 days."""
    url: str = _DEFAULT
    """DATABASE_URL, with authentication "password", and without its password with `token_file`."""
    token_file: bool = False
    """Whether the settings sign no tokens, with authentication "iam": a sidecar then keeps one in the password file of
    libpq, PGPASSFILE, which libpq 14 or later reads at each connection that has no password, as for psycopg, and not
    asyncpg. DATABASE_PASSWORD is empty, and DATABASE_URL is without one. The file is for the user of the image, so that
    no entry point may change to another one, as gosu and su-exec do.
    https://www.postgresql.org/docs/current/libpq-pgpass.html"""
    brings_ca_bundle: bool = False
    """Whether the image has Amazon's certificate authorities and the settings name them. False: the platform brings
    them, and has libpq verify the server by PGSSLMODE and PGSSLROOTCERT.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html"""

    def rules(self) -> Iterator[Problem]:
        remedy = f'write it as "{_DEFAULT}"'
        try:
            found = list(string.Formatter().parse(self.url))
        except ValueError:
            found = []
        parts = [name for _, name, _, _ in found if name is not None]
        is_formatted = any(conversion or specification for _, _, specification, conversion in found)
        if not found or not _URL.fullmatch(self.url) or is_formatted:
            yield Problem("url", f"{show(self.url)} is no URL", remedy)
        elif unknown := sorted({*parts} - {*_PARTS}):
            yield Problem("url", f"there is no {{{unknown[0]}}}", f"use {', '.join(f'{{{each}}}' for each in _PARTS)}")
        elif "password" not in parts:
            yield Problem("url", "has no {password}, so that nobody could sign in by it", remedy)
