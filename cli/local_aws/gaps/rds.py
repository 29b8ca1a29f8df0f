"""RDS: windows that touch, identities of instances, insights, and who set a parameter."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import moto.rds.utils
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from cli.local_aws.gaps.patch import around


@around(moto.rds.utils, "get_overlap_between_two_date_ranges")
def _overlap(original: Any, *arguments: Any) -> int:
    """Moto refuses a maintenance window that begins when the backup window ends, and AWS does not."""
    return int(original(*arguments)) or -1


@around(DBInstance, "__init__")
def _instance(original: Any, self: Any, backend: Any, *arguments: Any, **given: Any) -> None:
    """Moto gives all instances one resource id, which policies for sign-in by IAM are about."""
    original(self, backend, *arguments, **given)
    self.dbi_resource_id = _new_resource_id()
    self.database_insights_mode = "standard"
    _set_insights(self, given)


@around(DBInstance, "update")
def _update(original: Any, self: Any, *arguments: Any, **given: Any) -> None:
    original(self, *arguments, **given)
    _set_insights(self, given)


@around(DBInstance, "set_as_replica")
def _set_as_replica(original: Any, self: Any) -> None:
    """A replica is a copy of its primary in moto, with the identity and the secret of that."""
    original(self)
    self.dbi_resource_id = _new_resource_id()
    self.manage_master_user_password = False
    self.master_user_secret = None


@around(RDSBackend, "create_db_instance_read_replica")
def _create_replica(original: Any, self: Any, given: dict[str, Any]) -> Any:
    """Moto gives a replica what its primary has, whatever is asked for."""
    replica: Any = original(self, given)
    replica.multi_az = bool(given.get("multi_az"))
    replica.backup_retention_period = 0
    replica.deletion_protection = bool(given.get("deletion_protection"))
    replica.enable_iam_database_authentication = bool(given.get("enable_iam_database_authentication"))
    replica.enabled_cloudwatch_logs_exports = list(given.get("enable_cloudwatch_logs_exports") or ())
    replica.monitoring_interval = int(given.get("monitoring_interval") or 0)
    replica.monitoring_role_arn = given.get("monitoring_role_arn")
    replica.tags = list(given.get("tags") or ())
    _set_insights(replica, {"enable_performance_insights": False, "database_insights_mode": "standard", **given})
    return replica


@around(DBParameterGroup, "update_parameters")
def _update_parameters(original: Any, self: Any, parameters: list[dict[str, Any]]) -> None:
    """The provider asks for the parameters that a user has set."""
    original(self, [{**parameter, "Source": "user"} for parameter in parameters])


def _new_resource_id() -> str:
    return f"db-{uuid.uuid4().hex[:26].upper()}"


def _set_insights(instance: Any, given: Mapping[str, Any]) -> None:
    """Moto forgets Performance Insights and the mode of Database Insights, so that each plan would turn them on."""
    if given.get("database_insights_mode"):
        instance.database_insights_mode = given["database_insights_mode"]
    if "enable_performance_insights" in given:
        instance.performance_insights_enabled = bool(given["enable_performance_insights"])
    if not getattr(instance, "performance_insights_enabled", False):
        instance.performance_insights_enabled = False
        instance.performance_insights_kms_key_id = instance.performance_insights_retention_period = None
        return
    if given.get("performance_insights_retention_period"):
        instance.performance_insights_retention_period = int(given["performance_insights_retention_period"])
    key = given.get("performance_insights_kms_key_id") or getattr(instance, "performance_insights_kms_key_id", None)
    instance.performance_insights_kms_key_id = (
        key or f"arn:aws:kms:{instance.region}:{instance.account_id}:key/{uuid.uuid4()}"
    )
