"""Where the state of the bootstrap unit lies: on this machine until its bucket is there, and then in that bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cli.failure import Failure
from cli.terraform.runner import Terraform
from cli.terraform.synthesis import PROJECT
from cli.terraform.tree import Json, Unit
from cli.terraform.workspace import write

if TYPE_CHECKING:
    import boto3

OVERRIDE = "bootstrap_override.tf.json"


@dataclass(frozen=True, slots=True)
class State:
    """The state of a unit whose backend is a bucket."""

    unit: Unit
    session: boto3.Session
    directory: Path = PROJECT / "state"
    """Where it lies before it is in the bucket."""

    @property
    def file(self) -> Path:
        """The state on this machine."""
        return self.directory / str(self._backend["key"])

    @property
    def name(self) -> str:
        """Where it is in the bucket."""
        return f"s3://{self._backend['bucket']}/{self._backend['key']}"

    @property
    def _backend(self) -> Json:
        return self.unit.backend[1]

    def is_local(self, *, has_bucket: bool, makes_bucket: bool) -> bool:
        """Whether the next run of Terraform has to use the file. Raises Failure where there are two states.

        A run that was interrupted after it had moved the state leaves both, which are then the same.
        """
        local = self._local()
        remote = self._remote() if has_bucket else None
        if local is None:
            return remote is None and makes_bucket
        if remote is not None and remote != local:
            what = f"{self.name} and {self.file} are two states"
            raise Failure(f"bootstrap: {what}: look at both, and move the file away where the bucket has the newer one")
        return remote is None

    @contextmanager
    def kept_locally(self) -> Iterator[None]:
        """Let Terraform use the file within this block."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.parent.chmod(0o700)
        override = self.unit.home / OVERRIDE
        write(override, {"terraform": {"backend": {"local": {"path": str(self.file)}}}})
        try:
            yield
        finally:
            override.unlink(missing_ok=True)

    def move(self, terraform: Terraform) -> None:
        """Move the state to the bucket, right after a block that kept it locally. What fails can be repeated."""
        # Without -json, which Terraform does not allow here; the providers are those of the block.
        terraform.run(self.unit.home, "init", "-input=false", "-no-color", "-migrate-state", "-force-copy")
        self.forget_file()

    def forget_file(self) -> None:
        """Remove the file, if the bucket has what it holds."""
        local = self._local()
        if local is not None and local != self._remote():
            raise Failure(f"bootstrap: the state has not arrived at {self.name}: run it again; {self.file} is whole")
        for leftover in (self.file, self.file.with_name(f"{self.file.name}.backup")):
            leftover.unlink(missing_ok=True)

    def _local(self) -> Json | None:
        try:
            return _content(self.file.read_bytes(), str(self.file))
        except FileNotFoundError:
            return None

    def _remote(self) -> Json | None:
        client = self.session.client("s3", region_name=self._backend["region"])
        try:
            answer = client.get_object(Bucket=self._backend["bucket"], Key=self._backend["key"])
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
                return None
            raise
        return _content(answer["Body"].read(), self.name)


def _content(text: bytes, name: str) -> Json:
    """What a state says of the world. Terraform gives it another lineage and serial when it moves it."""
    try:
        state = json.loads(text)
        return {"resources": state["resources"], "outputs": state["outputs"]}
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"bootstrap: {name} is no state: restore an older version of it") from error
