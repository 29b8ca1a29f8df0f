"""Which packages a project installs, by its lock and its requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.configuration.describe.tree import Tree

_FILES = (
    *("requirements*.txt", "requirements*.in", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg"),
    *("base.txt", "production.txt", "prod.txt", "common.txt", "main.txt"),
    *("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"),
)

KNOWN = (
    *("django", "wagtail", "whitenoise", "django-storages", "django-health-check", "django-configurations"),
    *("gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "uwsgi", "pydantic-settings"),
    *("celery", "django-celery-beat", "dramatiq", "django-dramatiq", "rq", "django-rq", "huey"),
    *("django-q", "django-q2", "django-tasks", "procrastinate"),
    *("psycopg", "psycopg-binary", "psycopg2", "psycopg2-binary", "asyncpg", "mysqlclient", "redis", "django-redis"),
)


def packages(tree: Tree) -> dict[str, str]:
    """The known packages that a project names, by `file:line`."""
    found: dict[str, str] = {}
    for file in _files(tree):
        for number, line in enumerate(tree.text(file).splitlines(), 1):
            name = _name(line)
            if name in KNOWN:
                found.setdefault(name, f"{file}:{number}")
            if re.search(r"\b(?:celery|dramatiq)\[[^\]]*redis", line):
                found.setdefault("redis", f"{file}:{number}")
    return found


def _files(tree: Tree) -> Iterator[str]:
    for pattern in _FILES:
        for file in tree.named(pattern):
            if not re.search(r"dev|test|local|lint", file.rpartition("/")[2]):
                yield file


def _name(line: str) -> str:
    """The package of a line such as `django==5.2`, `"django>=5"`, `name = "django"` or `"django": {`."""
    text = line.strip().removeprefix("name = ").removeprefix("dependencies = [").lstrip(" [\"'{")
    found = re.match(r"([A-Za-z][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(?:$|[=<>~!;:\"',@ ])", text)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""
