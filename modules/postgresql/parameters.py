"""Parameters of PostgreSQL on RDS. What is not set here or by the user, RDS computes from the instance's memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modules.validation import Problem, show

_DEFAULTS = {
    "random_page_cost": "1.1",  # the storage is solid-state
    "log_min_duration_statement": "1000",  # milliseconds
}
# Connections without TLS are refused. It is the default of RDS from PostgreSQL 15 on, and stays so by being set.
_ALWAYS = {"rds.force_ssl": "1"}

# https://www.postgresql.org/docs/current/view-pg-settings.html, context "postmaster", as far as RDS lets them be set:
# it refuses to apply these at once.
_STATIC = """
    autovacuum_freeze_max_age autovacuum_max_workers autovacuum_multixact_freeze_max_age autovacuum_worker_slots
    commit_timestamp_buffers cron.database_name cron.max_running_jobs cron.use_background_workers
    huge_pages io_max_concurrency io_method max_connections max_files_per_process max_locks_per_transaction
    max_logical_replication_workers max_pred_locks_per_transaction max_prepared_transactions max_replication_slots
    max_wal_senders max_worker_processes min_dynamic_shared_memory multixact_member_buffers multixact_offset_buffers
    notify_buffers old_snapshot_threshold pg_stat_statements.max rds.custom_dns_resolution rds.logical_replication
    serializable_buffers shared_buffers shared_preload_libraries subtransaction_buffers superuser_reserved_connections
    track_activity_query_size track_commit_timestamp transaction_buffers wal_buffers wal_decode_buffer_size
"""
STATIC = frozenset(_STATIC.split())

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def merged(own: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the group: the user's own before the defaults, in the order of their names."""
    return dict(sorted({**_DEFAULTS, **own, **_ALWAYS}.items()))


def apply_method(name: str) -> str:
    """When RDS applies a change of this parameter."""
    return "pending-reboot" if name in STATIC else "immediate"


def parameter_rules(field: str, own: Mapping[str, str]) -> Iterator[Problem]:
    """Parameters that a user sets."""
    for name, value in own.items():
        where = f"{field}[{show(name)}]"
        if not _NAME.fullmatch(name):
            yield Problem(where, "is no name of a parameter", 'write it as "work_mem"')
        elif name in _ALWAYS:
            yield Problem(where, f"is always {_ALWAYS[name]}", "remove it: nothing connects without TLS")
        elif not value:
            yield Problem(where, "has no value", "give one, or remove it for the default of RDS")
