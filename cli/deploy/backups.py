"""Backups that are made now: by AWS Backup where the environment has a vault, by RDS and ElastiCache otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from cli.deploy.database import Database
from cli.failure import Failure
from cli.text import one_line

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_rds.type_defs import TagTypeDef

    from stacks.config.schema import Environment

_UNDONE = ("ABORTED", "EXPIRED", "FAILED", "PARTIAL")
# A first snapshot copies the whole disk, and a full day is what AWS allows at the most.
_TIMEOUT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that there is now."""

    of: str
    """The store, as AWS names it."""
    name: str
    """The ARN of a recovery point, or the name of a snapshot."""
    keep_days: int | None
    """None: until somebody deletes it."""


@dataclass(frozen=True, slots=True)
class Backups:
    """Makes backups of the stores of an environment, and waits until they are complete. Each raises Failure."""

    environment: Environment
    session: boto3.Session
    step: Callable[..., None]
    """As `cli.progress.Steps`."""
    poll_seconds: float = 10.0
    timeout_seconds: float = _TIMEOUT_SECONDS

    def in_vault(self, outputs: Mapping[str, Any]) -> list[Made]:
        """Of all that the plan covers. `outputs` are those of the unit `backup`."""
        inputs = self.environment.backup
        if inputs is None:
            raise Failure(f"backup: {self.environment.name} has no vault: add backup=BackupInputs() to its data")
        client = self.session.client("backup")
        jobs = {
            arn: client.start_backup_job(
                BackupVaultName=outputs["vault_name"],
                ResourceArn=arn,
                IamRoleArn=outputs["role_arn"],
                StartWindowMinutes=inputs.start_minutes,
                CompleteWindowMinutes=inputs.completion_minutes,
                Lifecycle={"DeleteAfterDays": inputs.keep_days},
            )["BackupJobId"]
            for arn in outputs["resource_arns"]
        }
        made = []
        for arn, job_id in jobs.items():
            name = _name(arn)
            job = self._wait(name, partial(self._look_at_job, client, name, job_id))
            made.append(Made(name, job["RecoveryPointArn"], inputs.keep_days))
        return made

    def of_database(self) -> Made:
        """A snapshot of RDS, which stays until somebody deletes it."""
        rds, identifier = self.session.client("rds"), Database.of(self.environment, self.session).identifier
        name = f"{identifier}-{_now()}"
        tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in self.environment.all_tags.items()]
        try:
            rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=identifier, Tags=tags)
        except (rds.exceptions.DBInstanceNotFoundFault, rds.exceptions.InvalidDBInstanceStateFault) as error:
            raise Failure(f"{identifier}: RDS makes no snapshot: {one_line(str(error), 250)}") from error

        def look() -> str | bool:
            (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
            if found["Status"] == "failed":
                raise Failure(f"{name}: RDS says that it is failed: look at the events of {identifier} in RDS")
            return found["Status"] == "available" or f"{found['Status']}, {found.get('PercentProgress', 0)} %"

        self._wait(identifier, look)
        return Made(identifier, name, None)

    def of_redis(self) -> list[Made]:
        """A snapshot of each group: AWS Backup knows nothing of ElastiCache.

        https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-manual.html
        """
        inputs, client = self.environment.redis, self.session.client("elasticache")
        groups = inputs.group_ids(self.environment.prefix).values() if inputs else ()
        names = {group: f"{group}-{_now()}" for group in groups}
        for group, name in names.items():
            try:
                (found,) = client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"]
                # Of a group without shards one node is copied, and the last is a replica if there is any.
                node = found["MemberClusters"][-1]
                client.create_snapshot(CacheClusterId=node, SnapshotName=name)
            except client.exceptions.ClientError as error:
                raise Failure(f"{group}: ElastiCache makes no snapshot: {one_line(str(error), 250)}") from error

        def look(name: str) -> str | bool:
            (found,) = client.describe_snapshots(SnapshotName=name)["Snapshots"]
            if found["SnapshotStatus"] == "failed":
                raise Failure(f"{name}: ElastiCache says that it is failed: look at its events")
            return found["SnapshotStatus"] == "available" or found["SnapshotStatus"]

        for group, name in names.items():
            self._wait(group, partial(look, name))
        return [Made(group, name, None) for group, name in names.items()]

    @staticmethod
    def _look_at_job(client: Any, name: str, job_id: str) -> Any:
        """The job when it is done, and how far it is until then. Raises Failure where it made no backup."""
        job = client.describe_backup_job(BackupJobId=job_id)
        if job["State"] in _UNDONE:
            why = one_line(job.get("StatusMessage") or "AWS does not say why", 250)
            raise Failure(f"{name}: its backup is {job['State']}: {why}")
        is_done = job["State"] == "COMPLETED"
        return job if is_done else f"{job['State'].lower()}, {float(job.get('PercentDone') or 0):.0f} %"

    def _wait(self, name: str, look: Callable[[], Any]) -> Any:
        """What `look` returns once it is no text, which says how far it is."""
        end = time.monotonic() + self.timeout_seconds
        while isinstance(found := look(), str):
            self.step(name, f"backing up: {found}")
            if time.monotonic() > end:
                raise Failure(f"{name}: its backup is still {found}: look at its jobs in AWS Backup")
            time.sleep(self.poll_seconds)
        self.step(name, "backed up", is_done=True)
        return found


def _name(arn: str) -> str:
    """What an ARN ends with: `django-prod-postgresql`, or `fs-0123456789abcdef0`."""
    return arn.replace("/", ":").rpartition(":")[2]


def _now() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
