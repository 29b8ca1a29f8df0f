"""A file system takes its policies after it was made, and loses one, as on AWS."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


def test_a_file_system_is_backed_up_once_its_policy_says_so_and_has_no_policy_once_it_is_deleted(aws: LocalAws) -> None:
    efs = aws.client("efs", ACCOUNT)
    name = efs.create_file_system(CreationToken="media")["FileSystemId"]
    with pytest.raises(ClientError, match="PolicyNotFound"):
        efs.describe_backup_policy(FileSystemId=name)
    for status in ("ENABLED", "DISABLED"):
        efs.put_backup_policy(FileSystemId=name, BackupPolicy={"Status": status})
        assert efs.describe_backup_policy(FileSystemId=name)["BackupPolicy"]["Status"] == status
    efs.put_file_system_policy(FileSystemId=name, Policy='{"Version": "2012-10-17", "Statement": []}')
    efs.delete_file_system_policy(FileSystemId=name)
    with pytest.raises(ClientError, match="PolicyNotFound"):
        efs.describe_file_system_policy(FileSystemId=name)
