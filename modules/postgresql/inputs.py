"""Inputs of PostgreSQL on RDS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from modules.validation import inputs


@inputs
class PostgreSQLInputs:
    instance_class: str
    storage_gb: int
    max_storage_gb: int | None = None
    """Storage grows by itself up to this; None: five times storage_gb; equal to storage_gb: never."""
    storage_type: Literal["gp3", "io1", "io2"] = "gp3"
    engine_version: str = "16"
    database_name: str = "app"
    master_username: str = "postgres"
    multi_az: bool = True
    backup_days: int = 30
    backup_window: str = "03:00-04:00"
    maintenance_window: str = "sun:04:00-sun:05:00"
    kms_key_arn: str | None = None
    parameters: Mapping[str, str] | None = None
    read_replica: bool = False
    deletion_protection: bool = True
    final_snapshot: bool = True
