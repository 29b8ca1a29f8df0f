"""EFS: moto takes a backup policy only when a file system is created, and deletes no policy of one."""

from __future__ import annotations

import json
from typing import Any

from moto.efs.models import EFSBackend, FileSystem
from moto.efs.responses import EFSResponse

from cli.local_aws.gaps.patch import around_property, missing_from


@missing_from(EFSResponse)
def put_backup_policy(self: Any) -> Any:
    backend: EFSBackend = self.efs_backend
    file_system: Any = backend.file_systems_by_id[self._get_param("FileSystemId")]
    file_system.put_policy = self._get_param("BackupPolicy")
    return json.dumps({"BackupPolicy": file_system.put_policy}), {"Content-Type": "application/json"}


@around_property(FileSystem, "backup_policy")
def _backup_policy(original: Any, self: Any) -> Any:
    return getattr(self, "put_policy", None) or original(self)


@missing_from(EFSResponse)
def delete_file_system_policy(self: Any) -> Any:
    backend: Any = self.efs_backend
    backend.file_systems_by_id[self._get_param("FileSystemId")].file_system_policy = None
    return "{}", {"Content-Type": "application/json"}
