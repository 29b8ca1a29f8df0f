"""The state bucket: nobody else reads it, nothing is lost in it, and Terraform does not destroy it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.state_bucket.inputs import StateBucketInputs
from modules.state_bucket.main import StateBucket
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def resources(kms_key_arn: str | None = None, **changes: Any) -> Json:
    def build(stack: TerraformStack) -> None:
        StateBucket(stack, "bucket", inputs=StateBucketInputs(**changes), name="acme-tfstate", kms_key_arn=kms_key_arn)

    found: Json = module_json(build)["resource"]
    return found


@pytest.fixture(scope="module")
def made() -> Json:
    return resources()


def test_it_is_never_destroyed_nor_emptied(made: Json) -> None:
    bucket = only(made["aws_s3_bucket"])
    assert bucket["bucket"] == "acme-tfstate"
    assert bucket["lifecycle"] == {"prevent_destroy": True}
    assert "force_destroy" not in bucket


def test_every_version_of_a_state_is_kept_for_a_time() -> None:
    made = resources(old_version_days=30)
    assert only(made["aws_s3_bucket_versioning"])["versioning_configuration"] == {"status": "Enabled"}
    (rule,) = only(made["aws_s3_bucket_lifecycle_configuration"])["rule"]
    assert rule["status"] == "Enabled"
    assert rule["filter"] == [{"prefix": ""}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 30}]


def test_no_current_version_expires(made: Json) -> None:
    (rule,) = only(made["aws_s3_bucket_lifecycle_configuration"])["rule"]
    assert rule["expiration"] == [{"expired_object_delete_marker": True}]


@pytest.mark.parametrize(
    ("key", "algorithm"), [(None, {"sse_algorithm": "AES256"}), (KEY, {"sse_algorithm": "aws:kms"})]
)
def test_it_is_encrypted_with_the_key_of_the_states(key: str | None, algorithm: Json) -> None:
    (rule,) = only(resources(kms_key_arn=key)["aws_s3_bucket_server_side_encryption_configuration"])["rule"]
    expected = {**algorithm, **({"kms_master_key_id": key} if key else {})}
    assert rule["apply_server_side_encryption_by_default"] == expected
    assert rule.get("bucket_key_enabled", False) is (key is not None)


def test_nothing_in_it_can_be_made_public(made: Json) -> None:
    closed = only(made["aws_s3_bucket_public_access_block"])
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [closed[name] for name in names] == [True] * 4
    assert only(made["aws_s3_bucket_ownership_controls"])["rule"] == {"object_ownership": "BucketOwnerEnforced"}


def test_whoever_comes_without_tls_is_refused_everything(made: Json) -> None:
    policy = json.loads(only(made["aws_s3_bucket_policy"])["policy"])
    arn = "${aws_s3_bucket.bucket.arn}"
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert {statement["Effect"] for statement in statements.values()} == {"Deny"}
    for statement in statements.values():
        assert statement["Principal"] == "*"
        assert statement["Action"] == "s3:*"
        assert statement["Resource"] == [arn, f"{arn}/*"]
    assert statements["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statements["Tls12OrLater"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_days_that_s3_does_not_take_are_refused(days: int) -> None:
    with pytest.raises(InvalidInput, match=rf"old_version_days: got {days}: choose 1 to 36500"):
        validate(StateBucketInputs(old_version_days=days))
