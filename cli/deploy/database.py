"""The database of an environment, stopped and started: RDS charges for its storage and backups alone meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cli.failure import Failure

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

    from stacks.config.schema import Environment

AVAILABLE, STOPPED, STOPPING = "available", "stopped", "stopping"
BROKEN = frozenset(
    {
        "failed",
        "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable",
        "incompatible-network",
        "incompatible-parameters",
        "storage-full",
    }
)
"""The statuses of an instance that may never be available again, whose backups can be restored.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Status.html
"""


@dataclass(frozen=True, slots=True)
class Database:
    """An instance of RDS.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
    """

    rds: RDSClient
    identifier: str

    @classmethod
    def of(cls, environment: Environment, session: boto3.Session) -> Database:
        """The one that the application of an environment uses."""
        return cls(session.client("rds"), environment.postgresql.serving_identifier(environment.prefix))

    @property
    def status(self) -> str:
        """As RDS says it, such as `available`; empty where there is no such instance."""
        found = self._found()
        return found["DBInstanceStatus"] if found else ""

    @property
    def has_replica(self) -> bool:
        """Whether it has a read replica, with which RDS does not stop it."""
        found = self._found()
        return bool(found and found.get("ReadReplicaDBInstanceIdentifiers"))

    @property
    def address(self) -> str:
        """Its host. Raises Failure where it cannot be reached, as while it is made or stopped."""
        found = self._found()
        if not found or found["DBInstanceStatus"] in (STOPPED, STOPPING) or "Endpoint" not in found:
            status = found["DBInstanceStatus"] if found else "not there"
            raise Failure(f"{self.identifier}: RDS says that it is {status}: wait until it is {AVAILABLE}")
        return found["Endpoint"]["Address"]

    @property
    def kept_secret_arn(self) -> str:
        """The secret in which RDS keeps the name and the password of the master user; empty where it keeps none."""
        found = self._found()
        return found["MasterUserSecret"]["SecretArn"] if found and "MasterUserSecret" in found else ""

    @property
    def restorable(self) -> tuple[datetime, datetime] | None:
        """From when to when a moment of it can be restored, nearly; None where there is no backup yet.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
        """
        found = self._found()
        if not found or "LatestRestorableTime" not in found or not (days := found["BackupRetentionPeriod"]):
            return None
        latest = found["LatestRestorableTime"].replace(microsecond=0)  # RDS restores whole seconds
        return max(found["InstanceCreateTime"].replace(microsecond=0), latest - timedelta(days=days)), latest

    def _found(self) -> DBInstanceTypeDef | None:
        try:
            return self.rds.describe_db_instances(DBInstanceIdentifier=self.identifier)["DBInstances"][0]
        except self.rds.exceptions.DBInstanceNotFoundFault:
            return None

    def stop(self) -> bool:
        """Have RDS stop it. Returns whether it ran; raises Failure where it is busy."""
        if (status := self.status) in (STOPPED, STOPPING):
            return False
        if status != AVAILABLE:
            raise Failure(f"{self.identifier}: RDS says that it is {status}: wait until it is {AVAILABLE}")
        self.rds.stop_db_instance(DBInstanceIdentifier=self.identifier)
        return True

    def start(
        self,
        *,
        timeout_seconds: float = 3600,
        poll_seconds: float = 10.0,
        on_look: Callable[[str], None] = lambda _status: None,
    ) -> None:
        """Have RDS start it, and wait until it is available. Raises Failure after the timeout."""
        end = time.monotonic() + timeout_seconds
        while (status := self.status) != AVAILABLE:
            on_look(status)
            if status == STOPPED:
                self.rds.start_db_instance(DBInstanceIdentifier=self.identifier)
                continue
            if time.monotonic() > end:
                raise Failure(f"{self.identifier}: RDS says that it is still {status}: look at its events in RDS")
            time.sleep(poll_seconds)
