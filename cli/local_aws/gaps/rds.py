"""RDS: windows that touch, identities of instances, versions, insights, and who set a parameter."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import moto.rds.utils
from moto.rds.exceptions import InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from cli.local_aws.gaps.ecs import containers
from cli.local_aws.gaps.patch import around, around_property


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


@around_property(DBInstance, "address")
def _address(original: Any, self: Any) -> str:
    """Of what runs on this machine, where something does."""
    return containers.addresses.servers if containers.addresses else str(original(self))


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


@around(RDSBackend, "restore_db_instance_from_db_snapshot")
def _restore_snapshot(original: Any, self: Any, snapshot: str, given: dict[str, Any]) -> Any:
    return _restored(original(self, snapshot, given), given)


@around(RDSBackend, "restore_db_instance_to_point_in_time")
def _restore_moment(original: Any, self: Any, source: str, target: str, given: dict[str, Any]) -> Any:
    """Moto takes an instance with the data of another one for a replica of that."""
    others = {name: value for name, value in given.items() if name != "source_db_instance_identifier"}
    return _restored(original(self, source, target, others), given)


def _restored(instance: Any, given: Mapping[str, Any]) -> Any:
    """An instance that was restored. Moto takes a switch that is off for one of which nothing was said."""
    for name in ("auto_minor_version_upgrade", "deletion_protection", "multi_az", "publicly_accessible"):
        if name in given:
            setattr(instance, name, given[name])
    return instance


@around(RDSBackend, "modify_db_instance")
def _modify_instance(original: Any, self: Any, identifier: str, given: dict[str, Any]) -> Any:
    """Moto applies at once what RDS holds back until the maintenance window, and refuses no version or parameters.

    A version takes its parameter group along. Whoever applies anything at once applies what is held back too.
    """
    (instance,) = self.describe_db_instances(identifier)
    wanted = {name: given[name] for name in ("engine_version", "db_parameter_group_name") if given.get(name)}
    held_back: dict[str, Any] = getattr(instance, "held_back", {})
    if given.get("apply_immediately"):
        given, held_back = {**held_back, **given}, {}
    version = given.get("engine_version") or instance.engine_version
    _check_version(self, instance, str(version))
    _check_parameters(self, str(version), given.get("db_parameter_group_name"))
    is_held = "engine_version" in wanted and version != instance.engine_version and not given.get("apply_immediately")
    if is_held:
        held_back = wanted
        given = {name: value for name, value in given.items() if name not in wanted}
    instance.held_back = held_back
    instance.pending_modified_values = {"EngineVersion": held_back["engine_version"]} if held_back else {}
    if not is_held and version != instance.engine_version:
        for replica in _replicas(self, instance):  # whose versions RDS raises together with a major one
            if _major(replica.engine_version) != _major(version):
                replica.engine_version, replica.db_parameter_group_name = version, None
    return original(self, identifier, given)


def _check_version(backend: Any, instance: Any, version: str) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html."""
    if version == instance.engine_version or _major(version) != _major(instance.engine_version):
        return
    if any(replica.engine_version != version for replica in _replicas(backend, instance)):
        text = "One or more of the DB Instance's read replicas need to be upgraded"
        raise InvalidParameterCombination(text)


def _check_parameters(backend: Any, version: str, name: str | None) -> None:
    group = backend.db_parameter_groups.get(name) if name else None
    if group and group.family != (family := f"postgres{_major(version)}"):
        text = (
            f"The Parameter Group {name} with DBParameterGroupFamily {group.family} cannot be used for this instance. "
        )
        raise InvalidParameterCombination(f"{text}Please use a Parameter Group with DBParameterGroupFamily {family}")


def _replicas(backend: Any, instance: Any) -> list[Any]:
    name = instance.db_instance_identifier
    return [each for each in backend.databases.values() if _source(each) == name]


def _source(instance: Any) -> str:
    return str(getattr(instance, "source_db_instance_identifier", None) or "").rpartition(":")[2]


def _major(version: object) -> str:
    return str(version).partition(".")[0]


@around(RDSBackend, "delete_db_parameter_group")
def _delete_parameter_group(original: Any, self: Any, name: str) -> Any:
    """Moto deletes one that an instance has."""
    if any(each.db_parameter_group_name == name for each in self.databases.values()):
        text = f"One or more database instances are still members of this parameter group {name}"
        raise RDSClientError("InvalidDBParameterGroupState", f"{text}, so the group cannot be deleted")
    return original(self, name)


@around(RDSBackend, "modify_db_subnet_group")
def _modify_subnet_group(original: Any, self: Any, subnet_name: str, *arguments: Any, **given: Any) -> Any:
    """Moto forgets the group."""
    group: Any = original(self, subnet_name, *arguments, **given)
    self.subnet_groups[subnet_name] = group
    return group


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
