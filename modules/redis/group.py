"""A replication group of ElastiCache with its parameters and logs."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.elasticache_parameter_group import (
    ElasticacheParameterGroup,
    ElasticacheParameterGroupParameter,
)
from cdktf_cdktf_provider_aws.elasticache_replication_group import (
    ElasticacheReplicationGroup,
    ElasticacheReplicationGroupLogDeliveryConfiguration,
)
from constructs import Construct

from modules.redis.inputs import MaxmemoryPolicy, RedisGroupInputs, RedisInputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What all groups share: what is said of them together, and where they stand."""

    inputs: RedisInputs
    subnet_group_name: str
    security_group_id: str
    user_group_id: str | None


class RedisGroup(Construct):
    """One primary and its replicas, without shards: encrypted on disk and by TLS."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: RedisGroupInputs,
        name: str,
        description: str,
        maxmemory_policy: MaxmemoryPolicy,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(scope, id)
        self._inputs, self._name = inputs, name
        group_id = inputs.replication_group_id or name
        shared = surroundings.inputs
        self.resource = ElasticacheReplicationGroup(
            self,
            "Default",
            replication_group_id=group_id,
            description=description,
            engine=shared.engine,
            engine_version=shared.engine_version,
            node_type=inputs.node_type,
            num_cache_clusters=inputs.nodes,
            cluster_mode="disabled",
            automatic_failover_enabled=inputs.automatic_failover,
            multi_az_enabled=inputs.multi_az,
            data_tiering_enabled=inputs.data_tiering or None,
            port=shared.port,
            subnet_group_name=surroundings.subnet_group_name,
            security_group_ids=[surroundings.security_group_id],
            parameter_group_name=inputs.parameter_group_name or self._parameter_group(shared, maxmemory_policy),
            at_rest_encryption_enabled="true",
            kms_key_id=shared.kms_key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[surroundings.user_group_id] if surroundings.user_group_id else None,
            snapshot_name=inputs.snapshot_name,
            snapshot_retention_limit=inputs.snapshot_days,
            snapshot_window=shared.snapshot_window,
            final_snapshot_identifier=f"{group_id}-final" if inputs.final_snapshot and inputs.snapshot_days else None,
            maintenance_window=shared.maintenance_window,
            auto_minor_version_upgrade=str(shared.auto_minor_version_upgrade).lower(),
            apply_immediately=shared.apply_immediately,
            notification_topic_arn=shared.notification_topic_arn,
            log_delivery_configuration=[
                self._log(log_type, shared.log_retention_days) for log_type in ("slow-log", "engine-log")
            ],
        )

    @property
    def address(self) -> str:
        """Of the primary, whichever node that is."""
        return self.resource.primary_endpoint_address

    def _parameter_group(self, shared: RedisInputs, maxmemory_policy: MaxmemoryPolicy) -> str:
        parameters = {
            "maxmemory-policy": maxmemory_policy,
            "maxmemory-samples": self._inputs.maxmemory_samples,
            "tcp-keepalive": self._inputs.tcp_keepalive_seconds,
            "timeout": self._inputs.timeout_seconds,
        }
        return ElasticacheParameterGroup(
            self,
            "parameters",
            # The family is in the name, because a new family makes a new group while the old one is still in use.
            name=f"{self._name}-{shared.family}",
            family=shared.family,
            description=shared.engine.title(),
            parameter=[
                ElasticacheParameterGroupParameter(name=name, value=str(value)) for name, value in parameters.items()
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        ).name

    def _log(self, log_type: str, retention_days: int) -> ElasticacheReplicationGroupLogDeliveryConfiguration:
        group = CloudwatchLogGroup(
            self, log_type, name=f"/aws/elasticache/{self._name}/{log_type}", retention_in_days=retention_days
        )
        return ElasticacheReplicationGroupLogDeliveryConfiguration(
            destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type=log_type
        )
