"""What IAM checks while Terraform deploys, plans and destroys the environments: the files in calls/.

`python -m cli local` writes them, as `AGAIN` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.stacks.permissions.policies import allows
from tests.support import Json

RECORDED = ("dev", "staging", "prod")
AGAIN = 'record it again: make local ENV={0} ARGS="--config tests/environments --calls {1}/{0}.json"'
DIRECTORY = Path("tests/stacks/permissions/calls")

# Where the permission is not named as the call is.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
NAMED_OTHERWISE = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}


# What only options make that none of these environments has: users of Redis by IAM, and a read replica.
OF_OPTIONS: dict[str, list[str]] = json.loads(Path(__file__).with_name("calls").joinpath("options.json").read_text())


@cache
def record(name: str) -> Json:
    """What was recorded of an environment: `types`, of what its units are made, and `calls`."""
    found: Json = json.loads(Path(__file__).parents[3].joinpath(DIRECTORY, f"{name}.json").read_text())
    return found


def calls(name: str, phase: str, *, is_locked: bool = True) -> list[Json]:
    """The calls of `apply`, of the `plan` after it, or of `destroy`; of a state's lock too, unless it is not locked."""
    found = [call for call in record(name)["calls"] if phase in call["phases"]]
    return [call for call in found if is_locked or not call["resource"].endswith(".tflock")]


def permission(call: Json) -> str:
    """The action that a policy has to name."""
    called = str(call["action"])
    return NAMED_OTHERWISE.get(called, called)


def denied(found: list[Json], called: Iterable[Json], boundary: str = "") -> Iterator[str]:
    """The checks that a role with these statements would not pass. Roles have the boundary, which no record has."""
    naming: dict[str, list[Json]] = {}
    for statement in found:
        for action in statement["Action"]:  # none is a pattern
            naming.setdefault(action, []).append(statement)
    for call in called:
        action, resource = permission(call), call["resource"]
        keys = {re.sub(r"[:/-]", "_", key): value for key, value in call["context"].items()}
        if boundary and action.startswith("iam:"):
            keys["iam_PermissionsBoundary"] = boundary
        if action not in NEEDS_NO_PERMISSION and not allows(naming.get(action, []), action, resource, **keys):
            yield f"{action} on {resource} {call['context']}"
