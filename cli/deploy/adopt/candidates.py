"""What the account has under names that the environment does not give yet, and what to write so that it fits.

Only what forces a replacement, or cannot be taken back, is compared: the plan shows all else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.deploy.adopt.search import Client, Json, asked
from stacks.config.schema import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that could be imported if the environment gave its name."""

    noun: str
    name: str
    inputs: Mapping[str, Any]
    """What the environment has to say of it, by the path of the input."""
    obstacles: tuple[str, ...] = ()
    """Why no input makes it fit."""


def candidates(
    environment: Environment, client: Client, missing: Collection[str], others: Collection[Environment]
) -> Iterator[Candidate]:
    """What could be imported at the addresses that are `missing`, and is not named by one of the other environments."""
    taken = {name for other in others for name in _names(other)}
    yield from (each for each in _candidates(environment, client, missing) if each.name not in taken)


def _names(environment: Environment) -> Iterator[str]:
    yield from (environment.database_identifier, environment.load_balancer_name, environment.cluster_name)
    yield from environment.redis.group_ids(environment.prefix).values() if environment.redis else ()


def _candidates(environment: Environment, client: Client, missing: Collection[str]) -> Iterator[Candidate]:
    if "aws_db_instance.postgresql" in missing:
        yield from _databases(environment, client)
    if "aws_elasticache_replication_group.redis" in missing:
        yield from _redis(environment, client)
    if "aws_lb.load_balancer" in missing:
        yield from _load_balancers(environment, client)
    if "aws_ecs_cluster.cluster" in missing:
        yield from _clusters(client)


def _databases(environment: Environment, client: Client) -> Iterator[Candidate]:
    inputs = environment.postgresql
    for found in client("rds").describe_db_instances()["DBInstances"]:
        if found["Engine"] != "postgres" or found.get("ReadReplicaSourceDBInstanceIdentifier"):
            continue
        wanted = {
            "identifier": found["DBInstanceIdentifier"],
            "subnet_group_name": found.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
            "database_name": found.get("DBName"),
            "master_username": found["MasterUsername"],
            # Exactly, so that the import does not ask RDS for another one.
            "engine_version": found["EngineVersion"],
            "auto_minor_version_upgrade": False,
            "storage_gb": max(found["AllocatedStorage"], inputs.storage_gb),
            "port": found.get("Endpoint", {}).get("Port") or inputs.port,
            "kms_key_arn": _own_key(client, found.get("KmsKeyId")),
        }
        obstacles = [] if found.get("StorageEncrypted") else ["it is not encrypted: restore it from an encrypted copy"]
        if not found.get("DBName"):
            obstacles.append("RDS knows no name of its database, and takes none afterwards: restore it beside this one")
        yield Candidate(
            noun="PostgreSQL",
            name=found["DBInstanceIdentifier"],
            inputs=_differing("postgresql", inputs, wanted),
            obstacles=tuple(obstacles),
        )


def _redis(environment: Environment, client: Client) -> Iterator[Candidate]:
    inputs, elasticache = environment.redis, client("elasticache")
    if inputs is None:
        return
    for found in elasticache.describe_replication_groups()["ReplicationGroups"]:
        nodes = [
            asked(elasticache.describe_cache_clusters, CacheClusterId=name).get("CacheClusters", [{}])[0]
            for name in found.get("MemberClusters", ())
        ]
        first: Json = nodes[0] if nodes else {}
        version = ".".join(str(first.get("EngineVersion", inputs.engine_version)).split(".")[:2])
        of_group = {
            "replication_group_id": found["ReplicationGroupId"],
            "nodes": len(nodes) or inputs.cache.nodes,
            "node_type": found.get("CacheNodeType") or first.get("CacheNodeType") or inputs.cache.node_type,
        }
        of_all = {
            "subnet_group_name": first.get("CacheSubnetGroupName"),
            "engine": found.get("Engine") or first.get("Engine") or inputs.engine,
            "engine_version": version,
            "kms_key_arn": _own_key(client, found.get("KmsKeyId")),
        }
        endpoint: Json = next((group.get("PrimaryEndpoint", {}) for group in found.get("NodeGroups", ())), {})
        if port := endpoint.get("Port") or found.get("ConfigurationEndpoint", {}).get("Port"):
            of_all["port"] = port
        obstacles = [
            what
            for what, is_so in (
                ("it is not encrypted: restore a snapshot of it", not found.get("AtRestEncryptionEnabled")),
                ("it has shards, and an environment has none: copy what it holds", found.get("ClusterEnabled")),
            )
            if is_so
        ]
        yield Candidate(
            noun="Redis",
            name=found["ReplicationGroupId"],
            inputs={
                **_differing("redis.cache", inputs.cache, of_group),
                **_differing("redis", inputs, of_all),
            },
            obstacles=tuple(obstacles),
        )


def _load_balancers(environment: Environment, client: Client) -> Iterator[Candidate]:
    inputs = environment.django_service.load_balancer
    for found in client("elbv2").describe_load_balancers()["LoadBalancers"]:
        if found["Type"] == "application":
            wanted = {"name": found["LoadBalancerName"], "internal": found["Scheme"] == "internal"}
            path = "django_service.load_balancer"
            yield Candidate(
                noun="load balancer", name=found["LoadBalancerName"], inputs=_differing(path, inputs, wanted)
            )


def _clusters(client: Client) -> Iterator[Candidate]:
    for arn in client("ecs").list_clusters()["clusterArns"]:
        name = arn.rpartition("/")[2]
        yield Candidate(noun="ECS cluster", name=name, inputs={"django_service.cluster.name": name})


def _differing(path: str, inputs: Any, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{path}.{field}": value
        for field, value in wanted.items()
        if value is not None and getattr(inputs, field) != value
    }


def _own_key(client: Client, arn: str | None) -> str | None:
    """A customer-managed key; None for that of AWS, which no input names."""
    if not arn:
        return None
    found = asked(client("kms").describe_key, KeyId=arn).get("KeyMetadata", {})
    return arn if found.get("KeyManager") == "CUSTOMER" else None
