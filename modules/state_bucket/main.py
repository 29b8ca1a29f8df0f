"""The bucket that holds Terraform states."""

from __future__ import annotations

import json

from cdktf import TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.state_bucket.inputs import StateBucketInputs
from modules.state_bucket.outputs import StateBucketOutputs
from modules.validation import validate


class StateBucket(Construct):
    """Versioned, encrypted, private, reached by TLS only, and never destroyed by Terraform."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: StateBucketInputs,
        name: str,
        kms_key_arn: str | None = None,
        provider: TerraformProvider | None = None,
    ) -> None:
        """`kms_key_arn` encrypts in place of S3's own key; `provider` is that of the bucket's region."""
        super().__init__(scope, id)
        validate(inputs)
        self._provider = provider
        self._bucket = S3Bucket(
            self,
            "Default",
            bucket=name,
            # Who loses the states loses the way back to everything that they describe.
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
            provider=provider,
        )
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self._bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
            provider=provider,
        )
        self._encrypt(kms_key_arn)
        self._expire(inputs, versioning)
        self._close()
        self.outputs = StateBucketOutputs(name=self._bucket.id, arn=self._bucket.arn)

    def _encrypt(self, kms_key_arn: str | None) -> None:
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self._bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms" if kms_key_arn else "AES256", kms_master_key_id=kms_key_arn
                        )
                    ),
                    # One key for many requests: KMS is asked, and paid, a hundredth as often.
                    bucket_key_enabled=True if kms_key_arn else None,
                )
            ],
            provider=self._provider,
        )

    def _expire(self, inputs: StateBucketInputs, versioning: S3BucketVersioningA) -> None:
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self._bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="old-versions",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=inputs.old_version_days
                        )
                    ],
                    # What every lock file leaves behind.
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
            depends_on=[versioning],
            provider=self._provider,
        )

    def _close(self) -> None:
        closed = S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=self._bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            provider=self._provider,
        )
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self._bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            provider=self._provider,
        )
        # S3 answers two changes of a bucket's access at once with a conflict, hence one after the other.
        S3BucketPolicy(
            self,
            "policy",
            bucket=self._bucket.id,
            policy=_policy(self._bucket.arn),
            depends_on=[closed],
            provider=self._provider,
        )


def _policy(bucket_arn: str) -> str:
    everything = {"Principal": "*", "Action": "s3:*", "Resource": [bucket_arn, f"{bucket_arn}/*"]}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    **everything,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                {
                    "Sid": "Tls12OrLater",
                    "Effect": "Deny",
                    **everything,
                    "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
                },
            ],
        }
    )
