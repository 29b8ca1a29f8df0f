"""Where an environment keeps its states: read, written and locked without Terraform, by the locks that it knows.

https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import platform
import shlex
import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from cli.terraform.environment import session_of
from cli.terraform.state_place import place_of, s3_url
from stacks.config.schema import Environment, S3State
from stacks.failure import Failure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE = "terraform.tfstate"
"""The name of a state in the folder of its unit."""

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")


class Locked(Failure):
    """A state that somebody else has locked. Its text is one line."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What Terraform shows of a lock to whoever finds it."""

    operation: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def text(self, path: str) -> str:
        """As JSON, which `terraform force-unlock` reads."""
        return json.dumps(
            {
                "ID": self.id,
                "Operation": self.operation,
                "Info": "",
                "Who": f"{getpass.getuser()}@{platform.node()}",
                "Version": "",
                "Created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
                "Path": path,
            }
        )


@dataclass(frozen=True, slots=True)
class Bucket:
    """The states below a prefix of a bucket. Its methods raise botocore's errors."""

    s3: S3Client
    bucket: str
    folder: str
    """The part of the keys that all have, such as `django/prod`."""
    kms_key_arn: str | None = None
    """None: what is written is encrypted as the bucket does it."""

    def __str__(self) -> str:
        """As `aws s3` names it."""
        return s3_url(self.bucket, self.folder)

    @property
    def remove_command(self) -> str:
        """What removes all of them but that of bootstrap."""
        return f"aws s3 rm --recursive --exclude 'bootstrap/*' {shlex.quote(f'{self}/')}"

    def units(self) -> list[str]:
        """The names of the units that have a state."""
        found = []
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.folder}/"):
            for each in page.get("Contents", ()):
                unit, _, file = each["Key"].removeprefix(f"{self.folder}/").partition("/")
                found += [unit] if file == FILE else []
        return found

    def read(self, name: str) -> bytes | None:
        """An object such as `network/terraform.tfstate`; None where there is none."""
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=self._key(name))["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise

    def write(self, name: str, content: bytes) -> None:
        """Keep it. S3 has all of an object, or none of it."""
        key = self.kms_key_arn
        encryption: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        self.s3.put_object(
            Bucket=self.bucket, Key=self._key(name), Body=content, ContentType="application/json", **encryption
        )

    def lock(self, name: str, lock: Lock) -> None:
        """Lock a state. Raises Locked."""
        body = lock.text(f"{self.bucket}/{self._key(name)}").encode()
        try:
            self.s3.put_object(Bucket=self.bucket, Key=self._lock(name), Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TAKEN:
                raise
            way_out = f"aws s3 rm {s3_url(self.bucket, self._lock(name))}"
            raise _locked(f"{self}/{name}", self.read(f"{name}.tflock"), way_out) from error

    def unlock(self, name: str, lock: Lock) -> None:
        """Release this lock, if the state has it: also where nobody knows whether S3 took it."""
        if _id(self.read(f"{name}.tflock")) == lock.id:
            self.s3.delete_object(Bucket=self.bucket, Key=self._lock(name))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _lock(self, name: str) -> str:
        return f"{self._key(name)}.tflock"


@dataclass(frozen=True, slots=True)
class Directory:
    """The states in a directory of this machine. Its methods raise OSError."""

    path: Path
    _held: dict[str, IO[bytes]] = field(default_factory=dict)
    """The files that are locked: POSIX takes a lock away when the process closes any other descriptor of its file."""

    def __str__(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def remove_command(self) -> str:
        """What removes all of them but that of bootstrap."""
        return f"find {shlex.quote(str(self.path))} -mindepth 1 -maxdepth 1 ! -name bootstrap -exec rm -r {{}} +"

    def units(self) -> list[str]:
        """The names of the units that have a state."""
        return [file.parent.name for file in self.path.glob(f"*/{FILE}") if file.stat().st_size]

    def read(self, name: str) -> bytes | None:
        """A file such as `network/terraform.tfstate`; None where there is none, or where it is only locked."""
        if name in self._held:
            self._held[name].seek(0)
            return self._held[name].read() or None
        file = self.path / name
        return (file.read_bytes() or None) if file.exists() else None

    def write(self, name: str, content: bytes) -> None:
        """Keep it: all of it, or what was there before. A lock stays."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        descriptor, staged = tempfile.mkstemp(dir=(self.path / name).parent, prefix=".", suffix=".new")
        file = os.fdopen(descriptor, "r+b")
        try:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            if name in self._held:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Path(staged).replace(self.path / name)
        except BaseException:
            file.close()
            Path(staged).unlink(missing_ok=True)
            raise
        if name in self._held:
            self._held.pop(name).close()
            self._held[name] = file
        else:
            file.close()

    def lock(self, name: str, lock: Lock) -> None:
        """Lock a state, as Terraform does. Raises Locked."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            about = self._about(name)
            info = about.read_bytes() if about.exists() else None
            raise _locked(str(path), info, f"end the process that has it, and remove {about}") from error
        self._held[name] = file
        self._about(name).write_text(lock.text(str(path)))

    def unlock(self, name: str, lock: Lock) -> None:
        """Release this lock, if the state has it."""
        del lock  # whoever holds the file has it
        if name not in self._held:
            return
        self._about(name).unlink(missing_ok=True)
        path = self.path / name
        file = self._held.pop(name)
        if not path.stat().st_size:  # made to be locked
            path.unlink()
        file.close()

    def _about(self, name: str) -> Path:
        path = self.path / name
        return path.with_name(f".{path.name}.lock.info")


Store = Bucket | Directory


def store_of(environment: Environment, project: Path) -> Store:
    """Where the data of an environment says its states are. `project` is the directory that holds a LocalState."""
    state = environment.state
    if isinstance(state, S3State):
        s3 = session_of(environment).client("s3", region_name=state.region or environment.region)
        return Bucket(s3, state.bucket, environment.state_folder, state.kms_key_arn)
    return Directory(project / place_of(environment))


def _id(info: bytes | None) -> str:
    return str(_parsed(info).get("ID", ""))


def _locked(where: str, info: bytes | None, way_out: str) -> Locked:
    found = _parsed(info)
    who, since = found.get("Who", "somebody"), str(found.get("Created", "an unknown time"))[:19].replace("T", " ")
    what = f"{where} is locked by {who} since {since} UTC ({found.get('Operation', 'unknown')})"
    return Locked(f"{what}: wait until that has ended; if nothing runs there any more: {way_out}")


def _parsed(info: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(info or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
