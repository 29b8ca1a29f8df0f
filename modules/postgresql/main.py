"""PostgreSQL on RDS: an instance, its parameters and logs, and a read replica where one is asked for."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.db_instance import DbInstance, DbInstanceRestoreToPointInTime
from cdktf_cdktf_provider_aws.db_parameter_group import DbParameterGroup, DbParameterGroupParameter
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from constructs import Construct

from modules.placement import Placement
from modules.postgresql import parameters
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.master_password import MasterPassword
from modules.postgresql.monitoring import MonitoringRole
from modules.postgresql.outputs import PostgreSQLOutputs
from modules.postgresql.source_inputs import PointInTimeInputs, SnapshotInputs
from modules.security_group import store_security_group
from modules.validation import validate


class PostgreSQL(Construct):
    """An instance in the database subnets that admits the application, and nobody else who is not named."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: PostgreSQLInputs,
        prefix: str,
        region: str,
        account_id: str,
        placement: Placement,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self._inputs, self._prefix = inputs, prefix
        identifiers = inputs.instances(prefix)
        name = f"{prefix}-postgresql"
        self._subnet_group = DbSubnetGroup(
            self,
            "subnet-group",
            name=inputs.subnet_group_name or name,
            description="PostgreSQL",
            subnet_ids=placement.subnet_ids,
        ).name
        security_group = store_security_group(
            self,
            name=name,
            store="PostgreSQL",
            placement=placement,
            port=inputs.port,
            security_group_ids=inputs.allowed_security_group_ids,
            cidrs=inputs.allowed_cidrs,
        )
        role = None
        if inputs.monitoring_interval_seconds:
            role = MonitoringRole(
                self,
                "monitoring",
                prefix=prefix,
                region=region,
                account_id=account_id,
                beginnings=_beginnings(inputs, name),
            )
        self._first = [role.attachment] if role else []
        shared: dict[str, Any] = {
            "parameter_group_name": inputs.parameter_group_name or self._parameter_group(),
            "vpc_security_group_ids": [security_group.id],
            "monitoring_role_arn": role and role.arn,
            **self._shared(),
        }
        made: dict[str, DbInstance] = {}
        secrets: dict[str, str] = {}
        if (first := identifiers.get("postgresql")) is not None:
            password, credentials = self._credentials()
            instance = self._instance("Default", "log", first, inputs.source, {**credentials, **shared})
            made["postgresql"] = instance
            secrets["postgresql"] = password.arn if password else _kept_secret(instance)
        if inputs.restored:
            identifier = identifiers["postgresql-restored"]
            source, credentials = inputs.restored.source, self._kept_password()
            instance = self._instance("restored", "restored-log", identifier, source, {**credentials, **shared})
            made["postgresql-restored"] = instance
            secrets["postgresql-restored"] = _kept_secret(instance)
        replica = None
        if inputs.read_replica:
            replica = self._replica(identifiers["postgresql-replica"], made["postgresql"], shared)
        serving = next(each for each in identifiers if each in made)
        primary = made[serving]
        self.outputs = PostgreSQLOutputs(
            endpoint=primary.endpoint,
            address=primary.address,
            port=inputs.port,
            # Of one that came with data, RDS says the name of its first database, which may be another.
            database_name=inputs.database_name if primary.db_name_input is None else primary.db_name,
            master_username=primary.username,
            arn=primary.arn,
            resource_id=primary.resource_id,
            security_group_id=security_group.id,
            master_secret_arn=secrets[serving],
            replica_address=replica.address if replica and serving == "postgresql" else "",
        )

    def _instance(
        self,
        id: str,
        log_id: str,
        identifier: str,
        source: SnapshotInputs | PointInTimeInputs | None,
        arguments: dict[str, Any],
    ) -> DbInstance:
        inputs = self._inputs
        # With data come the names of the database and of the master user; others would replace it with its data.
        names: dict[str, Any] = {} if source else {"db_name": inputs.database_name, "username": inputs.master_username}
        return DbInstance(
            self,
            id,
            identifier=identifier,
            instance_class=inputs.instance_class,
            engine="postgres",
            engine_version=inputs.engine_version,
            allow_major_version_upgrade=inputs.allow_major_version_upgrade,
            allocated_storage=inputs.storage_gb,
            kms_key_id=inputs.kms_key_arn,
            **names,
            **_origin(source),
            db_subnet_group_name=self._subnet_group,
            multi_az=inputs.multi_az,
            backup_retention_period=inputs.backup_days,
            backup_window=inputs.backup_window,
            skip_final_snapshot=not inputs.final_snapshot,
            final_snapshot_identifier=f"{identifier}-final" if inputs.final_snapshot else None,
            depends_on=[*self._first, *self._log_groups(log_id, identifier)],
            **arguments,
        )

    def _parameter_group(self) -> str:
        return DbParameterGroup(
            self,
            "parameters",
            name_prefix=f"{self._prefix}-postgresql-",
            family=f"postgres{self._inputs.major_version}",
            description="PostgreSQL",
            parameter=[
                DbParameterGroupParameter(name=name, value=value, apply_method=parameters.apply_method(name))
                for name, value in parameters.merged(self._inputs.parameters or {}).items()
            ],
            # A new family replaces the group while the instance still uses the old one.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        ).name

    def _shared(self) -> dict[str, Any]:
        """What the instance and its replica have in common."""
        inputs = self._inputs
        insights = inputs.performance_insights_days
        return {
            "auto_minor_version_upgrade": inputs.auto_minor_version_upgrade,
            "maintenance_window": inputs.maintenance_window,
            "apply_immediately": inputs.apply_immediately,
            "port": inputs.port,
            "publicly_accessible": False,
            "ca_cert_identifier": inputs.ca_certificate,
            "iam_database_authentication_enabled": True,
            "storage_type": inputs.storage_type,
            "iops": inputs.iops,
            "storage_throughput": inputs.throughput_mibps,
            "max_allocated_storage": inputs.storage.max_allocated_gb(),
            "storage_encrypted": True,
            "enabled_cloudwatch_logs_exports": list(inputs.log_exports),
            "performance_insights_enabled": insights > 0,
            "performance_insights_retention_period": insights or None,
            "performance_insights_kms_key_id": inputs.kms_key_arn if insights else None,
            "database_insights_mode": inputs.database_insights_mode,
            "monitoring_interval": inputs.monitoring_interval_seconds,
            "copy_tags_to_snapshot": True,
            "deletion_protection": inputs.deletion_protection,
        }

    def _credentials(self) -> tuple[MasterPassword | None, dict[str, Any]]:
        inputs = self._inputs
        if not inputs.read_replica:
            return None, self._kept_password()
        password = MasterPassword(
            self,
            "master",
            prefix=self._prefix,
            username=inputs.master_username,
            version=inputs.master_password_version,
            kms_key_arn=inputs.master_secret_kms_key_arn,
        )
        return password, {"password_wo": password.value, "password_wo_version": inputs.master_password_version}

    def _kept_password(self) -> dict[str, Any]:
        """That RDS draws and keeps the password of the master user."""
        return {
            "manage_master_user_password": True,
            "master_user_secret_kms_key_id": self._inputs.master_secret_kms_key_arn,
        }

    def _log_groups(self, id: str, identifier: str) -> list[CloudwatchLogGroup]:
        # They must be there first: RDS makes what it misses itself, to be kept for ever.
        return [
            CloudwatchLogGroup(
                self,
                f"{id}-{export}",
                name=f"/aws/rds/instance/{identifier}/{export}",
                retention_in_days=self._inputs.log_retention_days,
            )
            for export in self._inputs.log_exports
        ]

    def _replica(self, identifier: str, primary: DbInstance, shared: dict[str, Any]) -> DbInstance:
        return DbInstance(
            self,
            "replica",
            identifier=identifier,
            instance_class=self._inputs.replica_instance_class or self._inputs.instance_class,
            replicate_source_db=primary.identifier,
            engine_version=self._inputs.replica_engine_version,
            skip_final_snapshot=True,  # RDS makes none of a replica
            depends_on=self._log_groups("replica-log", identifier),
            **shared,
        )


def _beginnings(inputs: PostgreSQLInputs, name: str) -> list[str]:
    """Of the identifiers of all instances: that of a restored one begins with the default, whatever the first has."""
    given = inputs.identifier or name
    if given.startswith(name):
        return [name]
    return [given, name] if inputs.restored else [given]


def _origin(source: SnapshotInputs | PointInTimeInputs | None) -> dict[str, Any]:
    """Where the data of an instance comes from, as the provider takes it."""
    if source is None:
        return {}
    if isinstance(source, SnapshotInputs):
        return {"snapshot_identifier": source.identifier}
    return {
        "restore_to_point_in_time": DbInstanceRestoreToPointInTime(
            source_db_instance_identifier=None if source.is_resource_id else source.instance,
            source_dbi_resource_id=source.instance if source.is_resource_id else None,
            restore_time=source.at,
            use_latest_restorable_time=source.at is None or None,
        )
    }


def _kept_secret(instance: DbInstance) -> str:
    """The ARN of the secret that RDS keeps.

    Where RDS is to keep one from now on, the provider plans none, and Terraform would publish what was planned: only
    what is not known yet, as a timestamp, is worked out again after the change.
    """
    secrets = f"{instance.fqn}.master_user_secret"
    return f'${{try({secrets}[0].secret_arn, timestamp() == "" ? "" : one({secrets}[*].secret_arn))}}'
