"""What proves, before a process of the application starts, that its settings are those of a deployment.

A project that falls back to SQLite or to DEBUG passes every check, and loses its data with the next deployment. It is
asked by a container of its own image, environment and user, so that ECS keeps the process from starting.
"""

from __future__ import annotations

from modules.task_definition.application import FirstContainer
from stacks.config.application_inputs import GUARD, ApplicationInputs

# Under a name of its own: a project may have the canonical one removed or set to something else.
HOST = "GUARD_DATABASE_HOST"

PROGRAM = f"""
import os
from django.conf import settings
from django.db import connections

expected = os.environ["{HOST}"]
module = os.environ.get("DJANGO_SETTINGS_MODULE", "the settings")
wrong = []
vendor = connections["default"].vendor
host = connections["default"].settings_dict.get("HOST") or "no host"
if vendor != "postgresql":
    wrong.append("DATABASES['default'] is %s, and not the PostgreSQL at %s: read its address from the environment"
        % (vendor, expected))
elif host.lower() != expected.lower():
    wrong.append("DATABASES['default'] is at %s, and not at %s: read HOST from the environment" % (host, expected))
if settings.DEBUG:
    wrong.append("DEBUG is on: turn it off")
if wrong:
    raise SystemExit("guard: %s: %s" % (module, "; ".join(wrong)))
""".strip()
"""Ends with 1 and one line that says what is wrong and what to do. It connects to nothing."""


def guard(application: ApplicationInputs, database_host: str) -> FirstContainer:
    """The container that must end well before that of the application starts."""
    return FirstContainer(
        name=GUARD,
        # Django announces what its shell imports, unless it is quiet.
        command=(*application.manage, "shell", "--verbosity", "0", "--command", PROGRAM),
        variables={HOST: database_host},
        inherits_environment=True,
    )
