"""Does it work? Each probe answers None, or one line that says what does not.

What a probe catches it turns into a line with the name of the error only: messages of drivers hold hosts and users.
"""

import functools
import threading
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from operations import queue_length

Probe = Callable[[], str | None]

_UNCONFIGURED_STORAGE = "django.core.files.storage.InMemoryStorage"
_UNCONFIGURED_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def _reporting_errors(probe: Probe) -> Probe:
    @functools.wraps(probe)
    def guarded() -> str | None:
        try:
            return probe()
        # Whatever a driver raises means the same here: it does not work.
        except Exception as error:
            return f"{type(error).__name__}"

    return guarded


@_reporting_errors
def database() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return None


@_reporting_errors
def cache_keeps_what_it_is_given() -> str | None:
    """Written and read back: a backend that swallows errors would otherwise look healthy."""
    key, value = f"probe:{uuid.uuid4().hex}", uuid.uuid4().hex
    cache.set(key, value, timeout=10)
    kept = cache.get(key) == value
    cache.delete(key)
    return None if kept else "what was written was not read back"


_migrated = False


@_reporting_errors
def migrations() -> str | None:
    """All migrations of this code are applied. They stay applied as long as this process lives, so yes is final."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            return f"{len(pending)} not applied: run manage.py migrate"
        _migrated = True
    return None


@_reporting_errors
def configuration() -> str | None:
    problems = [message for message in run_checks(include_deployment_checks=not settings.DEBUG) if message.level >= 30]
    return "; ".join(f"{message.id}: {message.msg}".splitlines()[0] for message in problems) or None


@_reporting_errors
def broker() -> str | None:
    package = queue_length.package()
    if package != "celery":
        for queue in queue_length.queues(str(package)):
            queue_length.LENGTHS[str(package)](queue)
        return None
    from celery import current_app

    with current_app.connection_for_write() as broker_connection:
        broker_connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    return None


@_reporting_errors
def storage() -> str | None:
    name = default_storage.save(f"probe-{uuid.uuid4().hex}", ContentFile(b"probe"))
    default_storage.delete(name)
    return None


@_reporting_errors
def mail_server() -> str | None:
    with mail.get_connection():
        return None


READINESS: dict[str, Probe] = {
    "database": database,
    "cache": cache_keeps_what_it_is_given,
    "migrations": migrations,
}


READINESS_SECONDS = 2

_readiness_lock = threading.Lock()
_readiness: tuple[float, dict[str, bool]] | None = None


def readiness() -> dict[str, bool]:
    """The answer of some seconds ago, or a new one: anybody may ask, and each asking touches every store."""
    global _readiness
    with _readiness_lock:
        if _readiness is None or time.monotonic() - _readiness[0] > READINESS_SECONDS:
            works = _asked()
            _readiness = (time.monotonic(), works)
        return _readiness[1]


def _asked() -> dict[str, bool]:
    """Migrations are in the database: where that does not answer, asking for them would only wait a second time."""
    works = {name: READINESS[name]() is None for name in ("database", "cache")}
    works["migrations"] = works["database"] and READINESS["migrations"]() is None
    return works


STATUS: dict[str, Probe] = {
    "configuration": configuration,
    **READINESS,
    "broker": broker,
    "storage": storage,
    "mail": mail_server,
}


def unconfigured() -> set[str]:
    """The parts of STATUS that this installation does without."""
    return {
        name
        for name, absent in {
            "broker": queue_length.package() is None,
            "storage": settings.STORAGES["default"]["BACKEND"] == _UNCONFIGURED_STORAGE,
            "mail": settings.EMAIL_BACKEND == _UNCONFIGURED_MAIL,
        }.items()
        if absent
    }
