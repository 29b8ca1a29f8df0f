"""A file system of EFS, with an access point by which tasks reach one directory of it."""

from __future__ import annotations

from cdktf import Fn, ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.efs_access_point import (
    EfsAccessPoint,
    EfsAccessPointPosixUser,
    EfsAccessPointRootDirectory,
    EfsAccessPointRootDirectoryCreationInfo,
)
from cdktf_cdktf_provider_aws.efs_backup_policy import EfsBackupPolicy, EfsBackupPolicyBackupPolicy
from cdktf_cdktf_provider_aws.efs_file_system import EfsFileSystem
from cdktf_cdktf_provider_aws.efs_file_system_policy import EfsFileSystemPolicy
from cdktf_cdktf_provider_aws.efs_mount_target import EfsMountTarget
from constructs import Construct

from modules.efs_volume.inputs import EfsVolumeInputs
from modules.iam import Statement, policy
from modules.placement import Placement
from modules.security_group import store_security_group
from modules.task_definition.application import EfsMount
from modules.validation import validate

_NFS = 2049


class EfsVolume(Construct):
    """Encrypted at rest and on the way, backed up each day, and mounted by nobody without a role that may.

    A file system without a policy lets everybody mount it who reaches its address; with one, IAM decides.
    https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: EfsVolumeInputs,
        prefix: str,
        name: str,
        placement: Placement,
        zones: int,
        is_protected: bool,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        name = f"{prefix}-{name}"
        files = EfsFileSystem(
            self,
            "Default",
            creation_token=name,
            encrypted=True,
            kms_key_id=inputs.kms_key_arn,
            throughput_mode="elastic",
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if is_protected else None,
        )
        EfsBackupPolicy(
            self, "backup", file_system_id=files.id, backup_policy=EfsBackupPolicyBackupPolicy(status="ENABLED")
        )
        only_tls = EfsFileSystemPolicy(
            self,
            "policy",
            file_system_id=files.id,
            policy=policy(
                [
                    Statement(
                        effect="Deny",
                        principal={"AWS": "*"},
                        actions=["elasticfilesystem:Client*"],
                        resources=[files.arn],
                        condition={"Bool": {"aws:SecureTransport": "false"}},
                    )
                ]
            ),
        )
        group = store_security_group(self, name=f"{name}-efs", store="EFS", placement=placement, port=_NFS)
        targets = [
            EfsMountTarget(
                self,
                f"target-{index + 1}",
                file_system_id=files.id,
                subnet_id=Fn.element(placement.subnet_ids, index),
                security_groups=[group.id],
            )
            for index in range(zones)
        ]
        owner = {"owner_uid": inputs.user_id, "owner_gid": inputs.group_id}
        access_point = EfsAccessPoint(
            self,
            "access-point",
            file_system_id=files.id,
            posix_user=EfsAccessPointPosixUser(uid=inputs.user_id, gid=inputs.group_id),
            root_directory=EfsAccessPointRootDirectory(
                path="/files", creation_info=EfsAccessPointRootDirectoryCreationInfo(**owner, permissions="0750")
            ),
            tags={"Name": name},
        )
        ready: list[ITerraformDependable] = [*targets, only_tls]
        self.id = files.id
        self.mount = EfsMount(
            path=inputs.path,
            read_only=inputs.read_only,
            file_system_id=files.id,
            file_system_arn=files.arn,
            access_point_id=access_point.id,
            access_point_arn=access_point.arn,
            ready=ready,
        )


def existing(inputs: EfsVolumeInputs, *, region: str, account_id: str) -> EfsMount:
    """The directory of a file system that exists, by the ids that its inputs have."""
    arn = f"arn:aws:elasticfilesystem:{region}:{account_id}"
    return EfsMount(
        path=inputs.path,
        read_only=inputs.read_only,
        file_system_id=str(inputs.file_system_id),
        file_system_arn=f"{arn}:file-system/{inputs.file_system_id}",
        access_point_id=str(inputs.access_point_id),
        access_point_arn=f"{arn}:access-point/{inputs.access_point_id}",
    )
