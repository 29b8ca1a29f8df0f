"""ElastiCache: parameter groups, the nodes of a replication group, and the end of a group."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import ElastiCacheException
from moto.elasticache.models import CacheCluster, CacheSubnetGroup, ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from cli.local_aws.gaps.ecs import containers
from cli.local_aws.gaps.patch import around, missing_from


class CacheParameterGroupNotFound(ElastiCacheException):
    """As AWS names it."""

    code = "CacheParameterGroupNotFound"


@around(ElastiCacheBackend, "__init__")
def _backend(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """Moto knows no tags of parameter groups."""
    original(self, *arguments, **named)
    self.arn_regex = re.compile(r"^arn:aws:elasticache:[^:]*:\d*:[a-z]+:.*$")
    self.parameter_groups = {}


@around(ElastiCacheBackend, "create_replication_group")
def _create(original: Any, self: Any, **given: Any) -> Any:
    """Moto counts replicas for a number of nodes, and makes none of the nodes, of which the provider reads most."""
    given["auto_minor_version_upgrade"] = str(given["auto_minor_version_upgrade"]).lower() == "true"
    if given["num_cache_clusters"] and not given["replicas_per_node_group"]:
        given["replicas_per_node_group"] = given["num_cache_clusters"] - 1
    group: Any = original(self, **given)
    for node_id in group.member_clusters:
        self.cache_clusters[node_id] = _node(self, group, node_id, given)
    if addresses := containers.addresses:
        address = addresses.broker if group.replication_group_id.endswith("-broker") else addresses.servers
        for shard in group.node_groups:
            shard["primary_endpoint"] = {"address": address, "port": group.port}
            shard["primary_endpoint_address"] = shard["reader_endpoint_address"] = address
    for shard in group.node_groups:  # whose other endpoint moto does answer
        shard["reader_endpoint"] = {"address": shard["reader_endpoint_address"], "port": group.port}
    return group


@around(ElastiCacheBackend, "modify_replication_group")
def _modify(original: Any, self: Any, **given: Any) -> Any:
    group: Any = original(self, **given)
    for node_id in group.member_clusters:
        for name in ("cache_node_type", "engine", "snapshot_retention_limit"):
            if given[name] is not None:
                setattr(self.cache_clusters[node_id], name, given[name])
    return group


@around(ElastiCacheResponse, "modify_replication_group")
def _modify_version(original: Any, self: Any) -> ActionResult:
    """Moto forgets the version and the parameter group, which ElastiCache takes of the family of the engine alone."""
    backend = self.elasticache_backend
    group = backend.replication_groups[self._get_param("ReplicationGroupId")]
    nodes = [backend.cache_clusters[node_id] for node_id in group.member_clusters]
    version = self._get_param("EngineVersion") or nodes[0].engine_version or ""  # which may never have been given
    name = self._get_param("CacheParameterGroupName") or nodes[0].cache_parameter_group["CacheParameterGroupName"]
    family = f"{self._get_param('Engine') or group.engine}{version.partition('.')[0]}"
    found = backend.parameter_groups.get(name, {}).get("CacheParameterGroupFamily", family)
    if version and found != family:
        text = f"Expected a parameter group of family {family} but found one of family {found}"
        raise ElastiCacheException("InvalidParameterCombination", text)
    answer: ActionResult = original(self)
    group.engine_version = version
    _modify_others(self, [group, *nodes])
    for node in nodes:
        node.engine_version = version
        node.cache_parameter_group = {**node.cache_parameter_group, "CacheParameterGroupName": name}
    return answer


def _modify_others(response: Any, changed: list[Any]) -> None:
    """What of a group, and of its nodes, moto keeps as it was created."""
    for attribute, parameter in (
        ("preferred_maintenance_window", "PreferredMaintenanceWindow"),
        ("snapshot_window", "SnapshotWindow"),
        ("transit_encryption_mode", "TransitEncryptionMode"),
        ("auto_minor_version_upgrade", "AutoMinorVersionUpgrade"),
    ):
        value = response._get_param(parameter)
        for each in changed if value is not None else ():
            is_flag = attribute == "auto_minor_version_upgrade"
            setattr(each, attribute, str(value).lower() == "true" if is_flag else value)
    group, *nodes = changed
    if logs := response._get_param("LogDeliveryConfigurations"):
        group.log_delivery_configurations = group._get_log_delivery_configurations(logs)
    if groups := response._get_param("SecurityGroupIds"):
        for each in nodes:
            each.security_groups = [{"SecurityGroupId": group_id, "Status": "active"} for group_id in groups]


@around(ElastiCacheBackend, "delete_replication_group")
def _delete(original: Any, self: Any, *arguments: Any, **given: Any) -> Any:
    """Moto leaves it in deletion for ever."""
    group: Any = original(self, *arguments, **given)
    del self.replication_groups[group.replication_group_id]
    for node in list(self.cache_clusters.values()):
        if node.replication_group_id == group.replication_group_id:
            del self.cache_clusters[node.cache_cluster_id]
    return group


@around(ElastiCacheResponse, "delete_replication_group")
def _delete_with_snapshot(original: Any, self: Any) -> ActionResult:
    """Moto makes no final snapshot."""
    if name := self._get_param("FinalSnapshotIdentifier"):
        self.elasticache_backend.create_snapshot(
            snapshot_name=name,
            replication_group_id=self._get_param("ReplicationGroupId"),
            cache_cluster_id=None,
            kms_key_id=None,
            tags=None,
        )
    answer: ActionResult = original(self)
    return answer


def _node(backend: Any, group: Any, node_id: str, given: dict[str, Any]) -> Any:
    same = (
        "auth_token auto_minor_version_upgrade cache_node_type cache_subnet_group_name engine engine_version "
        "ip_discovery network_type notification_topic_arn port preferred_maintenance_window security_group_ids "
        "snapshot_retention_limit snapshot_window transit_encryption_enabled"
    )
    absent = (
        "az_mode cache_node_ids_to_reboot cache_node_ids_to_remove cache_security_group_names "
        "log_delivery_configurations outpost_mode preferred_availability_zones preferred_outpost_arn "
        "preferred_outpost_arns snapshot_arns snapshot_name tags"
    )
    arguments: dict[str, Any] = {name: given[name] for name in same.split()} | dict.fromkeys(absent.split())
    node: Any = CacheCluster(
        **arguments,
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_cluster_id=node_id,
        cache_parameter_group_name=given["cache_parameter_group_name"],
        num_cache_nodes=1,
        preferred_availability_zone=f"{backend.region_name}a",
        replication_group_id=group.replication_group_id,
    )
    node.at_rest_encryption_enabled = given["at_rest_encryption_enabled"]
    node.transit_encryption_mode = given["transit_encryption_mode"]
    node.snapshot_window = given["snapshot_window"]
    node.cache_parameter_group = {
        "CacheParameterGroupName": given["cache_parameter_group_name"],
        "ParameterApplyStatus": "in-sync",
    }
    node.security_groups = [
        {"SecurityGroupId": group_id, "Status": "active"} for group_id in given["security_group_ids"] or ()
    ]
    endpoint = {"Address": f"{node_id}.local.cache.amazonaws.com", "Port": node.port}
    node.cache_nodes = [{"CacheNodeId": "0001", "CacheNodeStatus": "available", "Endpoint": endpoint}]
    return node


@missing_from(ElastiCacheResponse)
def modify_cache_subnet_group(self: Any) -> ActionResult:
    group = self.elasticache_backend.cache_subnet_groups[self._get_param("CacheSubnetGroupName")]
    changed = CacheSubnetGroup(
        self.elasticache_backend.account_id,
        self.elasticache_backend.region_name,
        group.cache_subnet_group_name,
        self._get_param("CacheSubnetGroupDescription", group.cache_subnet_group_description),
        self._get_param("SubnetIds", group.subnet_ids),
        group.tags,
    )
    self.elasticache_backend.cache_subnet_groups[group.cache_subnet_group_name] = changed
    return ActionResult({"CacheSubnetGroup": changed})


@missing_from(ElastiCacheResponse)
def delete_cache_subnet_group(self: Any) -> EmptyResult:
    self.elasticache_backend.cache_subnet_groups.pop(self._get_param("CacheSubnetGroupName"), None)
    return EmptyResult()


@missing_from(ElastiCacheResponse)
def create_cache_parameter_group(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("CacheParameterGroupName").lower()
    group = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": self._get_param("CacheParameterGroupFamily"),
        "Description": self._get_param("Description"),
        "IsGlobal": False,
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}",
        "parameters": {},
    }
    backend.parameter_groups[name] = group
    backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
    return ActionResult({"CacheParameterGroup": group})


@missing_from(ElastiCacheResponse)
def describe_cache_parameter_groups(self: Any) -> ActionResult:
    groups = self.elasticache_backend.parameter_groups
    asked = self._get_param("CacheParameterGroupName")
    return ActionResult({"CacheParameterGroups": [_group(self)] if asked else list(groups.values())})


@missing_from(ElastiCacheResponse)
def modify_cache_parameter_group(self: Any) -> ActionResult:
    group = _group(self)
    for parameter in self._get_param("ParameterNameValues", []):
        group["parameters"][parameter["ParameterName"]] = parameter["ParameterValue"]
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


@missing_from(ElastiCacheResponse)
def reset_cache_parameter_group(self: Any) -> ActionResult:
    group = _group(self)
    for parameter in self._get_param("ParameterNameValues", []):
        group["parameters"].pop(parameter["ParameterName"], None)
    return ActionResult({"CacheParameterGroupName": group["CacheParameterGroupName"]})


@missing_from(ElastiCacheResponse)
def describe_cache_parameters(self: Any) -> ActionResult:
    parameters = _group(self)["parameters"].items()
    return ActionResult(
        {"Parameters": [{"ParameterName": n, "ParameterValue": v, "Source": "user"} for n, v in parameters]}
    )


@missing_from(ElastiCacheResponse)
def delete_cache_parameter_group(self: Any) -> EmptyResult:
    backend, name = self.elasticache_backend, _group(self)["CacheParameterGroupName"]
    if any(name == _parameters_of(node) for node in backend.cache_clusters.values()):
        text = f"One or more cache clusters are still members of this parameter group {name}, so that it stays."
        raise ElastiCacheException("InvalidCacheParameterGroupState", text)
    del backend.parameter_groups[name]
    return EmptyResult()


def _parameters_of(node: Any) -> str | None:
    """The name of its parameter group; None of a node that moto has made by itself."""
    found: dict[str, str] = getattr(node, "cache_parameter_group", None) or {}
    return found.get("CacheParameterGroupName")


def _group(response: Any) -> dict[str, Any]:
    name = response._get_param("CacheParameterGroupName").lower()
    groups: dict[str, dict[str, Any]] = response.elasticache_backend.parameter_groups
    if name not in groups:
        raise CacheParameterGroupNotFound(f"CacheParameterGroup {name} not found.")
    return groups[name]
