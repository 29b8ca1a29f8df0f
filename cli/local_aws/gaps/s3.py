"""S3: moto ignores conditions, so that a policy which denies what does not come by TLS denies everything."""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from cli.local_aws.gaps.patch import around


@around(FakeBucket, "get_permission")
def _get_permission(original: Any, self: Any, *arguments: Any) -> PermissionResult:
    return PermissionResult.NEUTRAL
