"""EFS: the file systems of volumes."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

_DESCRIBED = """
    DescribeAccessPoints DescribeBackupPolicy DescribeFileSystemPolicy DescribeFileSystems
    DescribeLifecycleConfiguration DescribeMountTargetSecurityGroups DescribeMountTargets ListTagsForResource
"""
_CHANGED = """
    CreateMountTarget DeleteAccessPoint DeleteFileSystem DeleteFileSystemPolicy DeleteMountTarget
    ModifyMountTargetSecurityGroups PutBackupPolicy PutFileSystemPolicy TagResource UntagResource UpdateFileSystem
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """The file systems, and not what is in them."""
    if scope.environment.django_service.makes_volumes:
        yield Statement(
            sid="DescribeFiles", actions=calls("elasticfilesystem", _DESCRIBED), resources=_resources(scope)
        )


def change(scope: Scope) -> Iterator[Statement]:
    """File systems with the tags of the environment, their access points and mount targets."""
    if not scope.environment.django_service.makes_volumes:
        return
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html
    yield Statement(
        sid="MakeFiles",
        actions=calls("elasticfilesystem", "CreateFileSystem TagResource"),
        resources=_resources(scope),
        condition=scope.claiming(),
    )
    yield Statement(
        sid="AccessFiles",
        actions=["elasticfilesystem:CreateAccessPoint"],
        resources=[scope.arn("elasticfilesystem", "file-system/*")],
        condition=scope.tagged(),
    )
    yield Statement(
        sid="Files",
        actions=calls("elasticfilesystem", _CHANGED),
        resources=_resources(scope),
        condition=scope.tagged(),
    )
    # EFS makes the interface of a mount target in the name of the caller, and without tags.
    # https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
    yield Statement(
        sid="InterfacesOfFiles",
        actions=calls("ec2", "CreateNetworkInterface DeleteNetworkInterface"),
        resources=scope.ec2("network-interface", "security-group", "subnet"),
    )


def bound(scope: Scope) -> Iterator[Statement]:
    """The most that tasks may do with files."""
    if scope.environment.django_service.volumes:
        yield Statement(
            sid="Files",
            actions=calls("elasticfilesystem", "ClientMount ClientWrite"),
            resources=[scope.arn("elasticfilesystem", "file-system/*")],
        )


def _resources(scope: Scope) -> list[str]:
    return [scope.arn("elasticfilesystem", f"{kind}/*") for kind in ("file-system", "access-point")]
