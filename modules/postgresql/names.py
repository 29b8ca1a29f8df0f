"""Names that PostgreSQL and RDS keep for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.validation import Problem, show

# https://www.postgresql.org/docs/current/sql-keywords-appendix.html, all that are reserved in PostgreSQL
_KEY_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
    unique user using variadic verbose when where window with
"""
_RESERVED = frozenset(_KEY_WORDS.split())
_DATABASES = frozenset(("template0", "template1", "rdsadmin"))
# What init-database creates.
GROUP_ROLES = ("migrator_role", "readonly_role", "writer_role")
_ROLES = frozenset(("public", "none", *GROUP_ROLES))

# Lower case alone, so that SQL needs no quotes; https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
_ROLE = re.compile(r"(?!pg_|rds)[a-z_][a-z0-9_]{0,62}")
_NAME_REMEDY = "use 1 to 63 of a-z, 0-9 and _, a letter first"


def database_name(field: str, name: str) -> Iterator[Problem]:
    """The name of a database that RDS creates."""
    if not _NAME.fullmatch(name):
        yield Problem(field, f"{show(name)} is no name of a database", _NAME_REMEDY)
    elif name in _RESERVED | _DATABASES:
        yield Problem(field, f"{name} is reserved", 'choose another name, as "app"')


def master_username(field: str, name: str) -> Iterator[Problem]:
    """The name of the master user. RDS refuses `admin` for PostgreSQL alone, and takes `postgres`."""
    if not _NAME.fullmatch(name):
        yield Problem(field, f"{show(name)} is no name of a user", _NAME_REMEDY)
    elif name in _RESERVED | _ROLES or name == "admin" or name.startswith(("pg_", "rds")):
        yield Problem(field, f"{name} is reserved", 'choose another name, as "postgres"')


def role_name(field: str, name: str) -> Iterator[Problem]:
    """The name of a role that init-database creates for a login. It is quoted, so that it may be a key word."""
    if not _ROLE.fullmatch(name):
        what = f"{show(name)} is no name of a role"
        yield Problem(field, what, "use a-z, 0-9 and _, no digit first, and not pg_ or rds")
    elif name in _ROLES:
        yield Problem(field, f"{name} is reserved", 'choose another name, as "app_user"')
