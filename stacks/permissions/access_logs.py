"""S3: the bucket of the load balancer's access logs."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

DESCRIBED = """
    GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock
    GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
    GetLifecycleConfiguration GetReplicationConfiguration ListBucket
"""
CHANGED = """
    CreateBucket DeleteBucket DeleteBucketPolicy PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
    PutBucketTagging PutEncryptionConfiguration PutLifecycleConfiguration
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """How the bucket is configured, and not what is in it."""
    yield Statement(sid="DescribeAccessLogs", actions=calls("s3", DESCRIBED), resources=[_bucket(scope)])


def change(scope: Scope) -> Iterator[Statement]:
    """The bucket, and its objects only where the environment says that they go with it."""
    bucket = _bucket(scope)
    yield Statement(sid="AccessLogs", actions=calls("s3", CHANGED), resources=[bucket])
    if scope.environment.django_service.load_balancer.delete_access_logs:
        yield Statement(
            sid="EmptyAccessLogs",
            actions=calls("s3", "DeleteObject DeleteObjectVersion ListBucketVersions"),
            resources=[bucket, f"{bucket}/*"],
        )


def _bucket(scope: Scope) -> str:
    return f"arn:aws:s3:::{scope.environment.access_log_bucket}"
