"""Where the data of a new instance comes from: a snapshot, or a moment of another instance.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from modules.given_names import DB_INSTANCE
from modules.postgresql.names import role_name
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"(?=.{1,15}\Z)[a-z0-9]+(-[a-z0-9]+)*")
# RDS names its own `rds:…`, and AWS Backup its own `awsbackup:…`.
_SNAPSHOT = re.compile(r"(?=.{1,255}\Z)((rds|awsbackup):)?[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RESOURCE_ID = re.compile(r"db-[A-Z0-9]{26}")
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@inputs
class SnapshotInputs:
    """A snapshot of this account and region: manual, automated, or of AWS Backup.

    It must be encrypted, by the key that `kms_key_arn` names where that is given, and of the major version of
    `engine_version`: RDS takes both from the snapshot, as it does the name of the master user.
    """

    identifier: str
    """As `before-the-move` or `rds:shop-2026-11-29-03-05`."""
    owner: str | None = None
    """The role that owns the tables in it, which init-database gives to migrator_role. None: the master user, or
    migrator_role already."""

    def rules(self) -> Iterator[Problem]:
        if self.identifier.startswith("arn:"):
            # RDS restores none that is both shared and encrypted, and one that is not encrypted would stay so.
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
            what = f"{show(self.identifier)} is an ARN, as of a snapshot that is shared or of another region"
            copy = "copy it by `aws rds copy-db-snapshot --kms-key-id …`, and give the name of the copy"
            yield Problem("identifier", what, copy)
        elif not _SNAPSHOT.fullmatch(self.identifier):
            yield Problem("identifier", f"{show(self.identifier)} is not a valid name of a snapshot", "write its name")
        yield from _owner_rules(self.owner)


@inputs
class PointInTimeInputs:
    """A moment of an instance of this account and region, within the days of its automated backups."""

    instance: str
    """Its identifier; or, of one that was deleted and whose backups were retained, its resource id `db-…`."""
    at: str | None = None
    """UTC, as `2026-11-29T04:00:00Z`. None: the latest moment, some five minutes before the deployment."""
    owner: str | None = None
    """The role that owns the tables in it, which init-database gives to migrator_role. None: the master user, or
    migrator_role already."""

    @property
    def is_resource_id(self) -> bool:
        """Whether the instance is named by its resource id."""
        return _RESOURCE_ID.fullmatch(self.instance) is not None

    def rules(self) -> Iterator[Problem]:
        if not self.is_resource_id and not DB_INSTANCE.pattern.fullmatch(self.instance):
            what = f"{show(self.instance)} is not a valid name of an instance"
            yield Problem("instance", what, "use 1 to 63 of a-z, 0-9 and single hyphens, a letter first")
        if self.at is not None and moment(self.at) is None:
            yield Problem("at", f"{show(self.at)} is not a moment in UTC", "write it as 2026-11-29T04:00:00Z")
        yield from _owner_rules(self.owner)


@inputs
class RestoredInputs:
    """A second instance beside the first one, which has the same settings and no read replica."""

    source: SnapshotInputs | PointInTimeInputs
    name: str
    """The end of its identifier, as `20261129-0400` of `django-prod-postgresql-20261129-0400`: 1 to 15 of a-z, 0-9 and
    single hyphens."""
    query: str | None = None
    """What `make restore ARGS=--prove` asks both instances, as `SELECT max(created) FROM orders`."""
    replaces_first: bool = False
    """Whether the first instance is destroyed, with its final snapshot and its logs: once this one serves, and nobody
    wants to go back."""

    def rules(self) -> Iterator[Problem]:
        if not _NAME.fullmatch(self.name):
            what = f"{show(self.name)} is not a valid end of an identifier"
            yield Problem("name", what, "use 1 to 15 of a-z, 0-9 and single hyphens")
        elif self.name in ("replica", "final"):
            yield Problem("name", f"{self.name} is the end of another name", "choose another one, as 20261129-0400")


def moment(text: str) -> datetime | None:
    """A moment in UTC as RDS takes it; None where the text is none."""
    try:
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None


def written(at: datetime) -> str:
    """A moment as `moment` reads it."""
    return at.astimezone(UTC).strftime(_MOMENT)


def _owner_rules(owner: str | None) -> Iterator[Problem]:
    if owner is not None:
        yield from role_name("owner", owner)
