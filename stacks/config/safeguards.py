"""Arguments that keep data from loss: the gate refuses a plan, and a protected environment an override, against one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# A switch that protects data: its new value is worse where this says so of old and new.
_Worse = Callable[[Any, Any], bool]


def _off(old: Any, new: Any) -> bool:
    return old in (True, "true") and new not in (True, "true")


def _on(old: Any, new: Any) -> bool:
    return old not in (True, "true") and new in (True, "true")


def _none(old: Any, new: Any) -> bool:
    return bool(old) and not new


def _fewer_days(old: Any, new: Any) -> bool:
    """What is older than the new number of days is deleted at once; a week is what the gate asks for."""
    are_numbers = isinstance(old, int) and isinstance(new, int)
    return _none(old, new) or (are_numbers and new < min(old, _WEEK))


_WEEK = 7

SAFEGUARDS: Mapping[str, tuple[_Worse, str]] = {
    "backup_retention_period": (_fewer_days, "deletes automated backups: keep those of a week"),
    "delete_automated_backups": (_on, "deletes the backups with the database: keep it false"),
    "deletion_protection": (_off, "lets the next plan delete it: keep it true"),
    "deletion_protection_enabled": (_off, "lets the next plan delete it: keep it true"),
    "enable_deletion_protection": (_off, "lets the next plan delete it: keep it true"),
    "final_snapshot_identifier": (_none, "lets it be deleted without a snapshot: keep the name of one"),
    "force_delete": (_on, "lets it be deleted with all it holds: keep it false"),
    "force_destroy": (_on, "lets it be deleted with all it holds: keep it false"),
    "recovery_window_in_days": (_none, "deletes the secret at once and for good: keep at least 7 days"),
    "skip_final_snapshot": (_on, "lets it be deleted without a snapshot: keep it false"),
    "snapshot_retention_limit": (_fewer_days, "deletes automated snapshots: keep those of a week"),
}

# What the provider sets where an argument is left out, of those of which that is not off or none.
_DEFAULTS = {"delete_automated_backups": True, "recovery_window_in_days": 30}


def loss(argument: str, value: object) -> str | None:
    """What a value of an argument does to data that another one keeps; None where it keeps it too."""
    if argument not in SAFEGUARDS:
        return None
    worse, why = SAFEGUARDS[argument]
    value = _DEFAULTS.get(argument) if value is None else value
    return why.partition(":")[0] if any(worse(old, value) for old in (True, False)) else None
