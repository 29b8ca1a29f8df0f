"""An environment that is paused, as an object beside its states says: who paused it, when, and what ran before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.failure import Failure
from cli.terraform.environment import session_of
from cli.terraform.synthesis import PROJECT
from stacks.config.schema import Environment, S3State
from stacks.unit_names import PAUSED

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STOPPED_DAYS = 7
"""RDS starts a stopped instance by itself after so many days.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """What `make resume` puts back."""

    since: datetime
    by: str
    """The ARN of whoever paused it."""
    tasks: Mapping[str, int]
    """How many tasks each service ran, by its name."""
    schedules: tuple[str, ...]
    """The schedules that were on."""
    alarms: tuple[str, ...]
    """The alarms that notified."""

    @property
    def database_starts(self) -> datetime:
        """When RDS starts the database by itself."""
        return self.since + timedelta(days=STOPPED_DAYS)

    @property
    def text(self) -> str:
        """As JSON."""
        values = {name: getattr(self, name) for name in ("by", "tasks", "schedules", "alarms")}
        return json.dumps({"since": self.since.isoformat(), **values}, indent=2) + "\n"

    @classmethod
    def parse(cls, text: str) -> Paused:
        """The opposite of `text`."""
        found: dict[str, Any] = json.loads(text)
        return cls(
            since=datetime.fromisoformat(found["since"]),
            by=found["by"],
            tasks=found["tasks"],
            schedules=tuple(found["schedules"]),
            alarms=tuple(found["alarms"]),
        )


class PauseRecord:
    """Where an environment keeps that it is paused. All methods raise botocore's errors."""

    def __init__(self, environment: Environment, project: Path = PROJECT) -> None:
        """`project` is the directory that holds that of a LocalState."""
        self._environment, self._state, self._project = environment, environment.state, project
        self.key = f"{environment.project}/{environment.name}/{PAUSED}"
        """Of the object, in the bucket or the directory of the states."""

    def read(self) -> Paused | None:
        """None where it is not paused, or where these credentials may not ask, as those of an older bootstrap."""
        if not isinstance(self._state, S3State):
            file = self._project / self._state.directory / self.key
            return Paused.parse(file.read_text()) if file.exists() else None
        try:
            found = self._s3(self._state).get_object(Bucket=self._state.bucket, Key=self.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "AccessDenied"):
                return None
            raise
        return Paused.parse(found["Body"].read().decode())

    def write(self, paused: Paused) -> None:
        """Keep it."""
        if isinstance(self._state, S3State):
            key = self._state.kms_key_arn
            encryption: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
            body = paused.text.encode()
            self._s3(self._state).put_object(Bucket=self._state.bucket, Key=self.key, Body=body, **encryption)
        else:
            file = self._project / self._state.directory / self.key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(paused.text)

    def remove(self) -> None:
        """Forget it."""
        if isinstance(self._state, S3State):
            self._s3(self._state).delete_object(Bucket=self._state.bucket, Key=self.key)
        else:
            (self._project / self._state.directory / self.key).unlink(missing_ok=True)

    def refuse(self) -> None:
        """Raise Failure where the environment is paused, for a verb that needs what runs in it."""
        if found := self.read():
            what = f"{self._environment.name} is paused since {found.since:%Y-%m-%d %H:%M} UTC"
            raise Failure(f"{what}: run `make resume ENV={self._environment.name}` first")

    def _s3(self, state: S3State) -> S3Client:
        return session_of(self._environment).client("s3", region_name=state.region or self._environment.region)
