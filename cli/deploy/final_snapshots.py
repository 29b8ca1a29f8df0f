"""Final snapshots of PostgreSQL and Redis. Their names are fixed, and AWS refuses a second snapshot of a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalSnapshot:
    """The snapshot that AWS takes when Terraform deletes an instance of RDS or a replication group of ElastiCache."""

    type: str
    address: str
    """Of the instance or group in Terraform, such as `aws_db_instance.postgresql`."""
    identifier: str
    """Of the instance or group at AWS."""
    name: str

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Iterator[Self]:
        """Those of a resource of a state, one for each of its instances; none where they are switched off."""
        if resource["type"] not in _SERVICES:
            return
        for instance in resource["instances"]:
            attributes = instance["attributes"]
            if attributes.get("final_snapshot_identifier") and not attributes.get("skip_final_snapshot"):
                yield cls(
                    type=resource["type"],
                    address=f"{resource['type']}.{resource['name']}",
                    identifier=attributes[_SERVICES[resource["type"]].identifier],
                    name=attributes["final_snapshot_identifier"],
                )

    def conflict(self, session: boto3.Session) -> str | None:
        """Says in one line that the name is taken, and what to do; None where it is free.

        Where the instance or group is gone or being deleted, the snapshot of that name is its own.
        """
        service = _SERVICES[self.type]
        if not service.is_taken(session, self):
            return None
        copy_name = f"{self.name}-{datetime.now(UTC):%Y%m%d}"
        delete, copy = (
            f"`aws {command.format(name=self.name, copy=copy_name)} --region {session.region_name}`"
            for command in (service.delete, service.copy)
        )
        what = "the name of its final snapshot is taken"
        return f"{self.address}: {what}: delete the old one by {delete}; to keep it, first {copy} and wait for the copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    identifier: str
    """The argument that names an instance or group."""
    is_taken: Callable[[boto3.Session, FinalSnapshot], bool]
    delete: str
    copy: str


def _is_taken_in_rds(session: boto3.Session, snapshot: FinalSnapshot) -> bool:
    client = session.client("rds")
    try:
        (instance,) = client.describe_db_instances(DBInstanceIdentifier=snapshot.identifier)["DBInstances"]
        snapshots = client.describe_db_snapshots(DBSnapshotIdentifier=snapshot.name)["DBSnapshots"]
    except (client.exceptions.DBInstanceNotFoundFault, client.exceptions.DBSnapshotNotFoundFault):
        return False
    return bool(snapshots) and instance["DBInstanceStatus"] != "deleting"


def _is_taken_in_elasticache(session: boto3.Session, snapshot: FinalSnapshot) -> bool:
    client = session.client("elasticache")
    try:
        (group,) = client.describe_replication_groups(ReplicationGroupId=snapshot.identifier)["ReplicationGroups"]
        snapshots = client.describe_snapshots(SnapshotName=snapshot.name)["Snapshots"]
    except (client.exceptions.ReplicationGroupNotFoundFault, client.exceptions.SnapshotNotFoundFault):
        return False
    return bool(snapshots) and group["Status"] != "deleting"


_SERVICES: Mapping[str, _Service] = {
    "aws_db_instance": _Service(
        identifier="identifier",
        is_taken=_is_taken_in_rds,
        delete="rds delete-db-snapshot --db-snapshot-identifier {name}",
        copy="rds copy-db-snapshot --source-db-snapshot-identifier {name} --target-db-snapshot-identifier {copy}",
    ),
    "aws_elasticache_replication_group": _Service(
        identifier="replication_group_id",
        is_taken=_is_taken_in_elasticache,
        delete="elasticache delete-snapshot --snapshot-name {name}",
        copy="elasticache copy-snapshot --source-snapshot-name {name} --target-snapshot-name {copy}",
    ),
}
