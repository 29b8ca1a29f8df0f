"""An environment that is paused, as an object beside its states says: who paused it, when, and what ran before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
    database_stopped: datetime | None = None
    """When the database was stopped the last time; None where it runs on."""
    tasks: Mapping[str, int]
    """How many tasks each service ran, by its name."""
    schedules: tuple[str, ...]
    """The schedules that were on."""
    alarms: tuple[str, ...]
    """The alarms that notified."""

    @property
    def database_starts(self) -> datetime | None:
        """When RDS starts the database by itself; None where it was not stopped."""
        return self.database_stopped and self.database_stopped + timedelta(days=STOPPED_DAYS)

    @property
    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=2, default=datetime.isoformat) + "\n"

    @classmethod
    def parse(cls, text: str) -> Paused:
        """The opposite of `text`. Raises ValueError, KeyError or TypeError for anything else."""
        found: dict[str, Any] = json.loads(text)
        stopped = found["database_stopped"]
        return cls(
            since=datetime.fromisoformat(found["since"]),
            by=found["by"],
            database_stopped=stopped and datetime.fromisoformat(stopped),
            tasks=found["tasks"],
            schedules=tuple(found["schedules"]),
            alarms=tuple(found["alarms"]),
        )


class PauseRecord:
    """Where an environment keeps that it is paused. All methods raise botocore's errors."""

    def __init__(self, environment: Environment, project: Path = PROJECT) -> None:
        """`project` is the directory that holds that of a LocalState."""
        self._environment, self._state, self._project = environment, environment.state, project
        self.key = f"{environment.state_folder}/{PAUSED}"
        """Of the object, in the bucket or the directory of the states."""

    def read(self, *, must: bool = False) -> Paused | None:
        """None where it is not paused.

        Also where these credentials may not ask, as those of an older bootstrap, unless they `must`. Raises Failure
        where what is kept cannot be read.
        """
        text = self._text(must=must)
        try:
            return Paused.parse(text) if text is not None else None
        except (ValueError, KeyError, TypeError) as error:
            where = self.key if not isinstance(self._state, S3State) else f"s3://{self._state.bucket}/{self.key}"
            what = f"{where} does not say what ran before"
            raise Failure(f"{what}: delete it, and start everything by `make deploy ENV={self._name}`") from error

    def _text(self, *, must: bool) -> str | None:
        if not isinstance(self._state, S3State):
            file = self._project / self._state.directory / self.key
            return file.read_text() if file.exists() else None
        try:
            found = self._s3(self._state).get_object(Bucket=self._state.bucket, Key=self.key)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("NoSuchKey", "NoSuchBucket") or (code.startswith("AccessDenied") and not must):
                return None
            raise
        return found["Body"].read().decode()

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
            what = f"{self._name} is paused since {found.since:%Y-%m-%d %H:%M} UTC"
            raise Failure(f"{what}: run `make resume ENV={self._name}` first")

    @property
    def _name(self) -> str:
        return self._environment.name

    def _s3(self, state: S3State) -> S3Client:
        return session_of(self._environment).client("s3", region_name=state.region or self._environment.region)
