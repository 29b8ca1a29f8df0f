"""Inputs of a directory of files that tasks share, and that outlives them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules import rules
from modules.task_definition.directories import directory_rules
from modules.validation import Problem, inputs, show

_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,40}")
_ACCESS_POINT = re.compile(r"fsap-[0-9a-f]{8,40}")


@inputs
class EfsVolumeInputs:
    """A directory in a file system of EFS.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
    """

    path: str
    """Where tasks have it: `/app/media`."""
    mounted_by: tuple[str, ...]
    """The tasks that have it, by name: `("web", "worker-mail", "job-report", "migrate")`."""
    read_only: bool = False
    """Whether nobody writes there."""
    file_system_id: str | None = None
    """A file system that exists: `fs-0123456789abcdef0`, whose mount targets accept NFS from the application's security
    group. None: one of its own, encrypted and with a daily backup, which only the tasks reach."""
    access_point_id: str | None = None
    """The access point of that one: `fsap-0123456789abcdef0`."""
    user_id: int = 1000
    """The number of the user who owns the files. Tasks read and write as that one, whoever they run as."""
    group_id: int = 1000
    """The number of the group."""
    kms_key_arn: str | None = None
    """None: encrypted with AWS's key."""

    def rules(self) -> Iterator[Problem]:
        yield from directory_rules("path", (self.path,))
        if not self.mounted_by:
            yield Problem("mounted_by", "is empty, so that nobody has it", "name a service, a job or a one-off task")
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)
        for field in ("user_id", "group_id"):
            if not 1 <= (value := getattr(self, field)) <= 4_294_967_295:
                yield Problem(field, f"got {show(value)}", "choose 1 to 4294967295, and not root")
        if (self.file_system_id is None) != (self.access_point_id is None):
            yield Problem("access_point_id", "goes with file_system_id", "give both, or neither")
        for field, pattern, example in (
            ("file_system_id", _FILE_SYSTEM, "fs-0123456789abcdef0"),
            ("access_point_id", _ACCESS_POINT, "fsap-0123456789abcdef0"),
        ):
            if (value := getattr(self, field)) is not None and not pattern.fullmatch(value):
                yield Problem(field, f"{show(value)} is not an id", f'write it as "{example}"')
        defaults = {"user_id": 1000, "group_id": 1000, "kms_key_arn": None}
        for field in (name for name, default in defaults.items() if getattr(self, name) != default):
            if self.file_system_id is not None:
                yield Problem(field, "has no effect on a file system that exists", "remove it")
