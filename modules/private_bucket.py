"""A bucket of S3 that is for nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cdktf import ITerraformDependable, TerraformProvider, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
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
from constructs import Construct

from modules.iam import Condition, Statement, policy

_WITHOUT_TLS: Condition = {"Bool": {"aws:SecureTransport": "false"}}


class PrivateBucket(Construct):
    """Encrypted, without public access or ACLs. A subclass calls `restrict` and `expire`, once each."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        kms_key_arn: str | None = None,
        force_destroy: bool | None = None,
        prevent_destroy: bool = False,
        provider: TerraformProvider | None = None,
    ) -> None:
        """`kms_key_arn` encrypts in place of S3's own key; `provider` is that of the bucket's region."""
        super().__init__(scope, id)
        self._provider = provider
        self.bucket = S3Bucket(
            self,
            "Default",
            bucket=name,
            force_destroy=force_destroy,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
            provider=provider,
        )
        self._closed = S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            provider=provider,
        )
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=self.bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            provider=provider,
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=self.bucket.id,
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
            provider=provider,
        )

    def restrict(
        self, *, allow: Sequence[Statement] = (), deny: Mapping[str, Condition] = MappingProxyType({})
    ) -> S3BucketPolicy:
        """Allow this, deny everything without TLS, and everything under these conditions, by their ids."""
        arn = self.bucket.arn
        denied = [
            Statement(
                sid=sid,
                effect="Deny",
                principal="*",
                actions="s3:*",
                resources=[arn, f"{arn}/*"],
                condition=condition,
            )
            for sid, condition in {"TlsOnly": _WITHOUT_TLS, **deny}.items()
        ]
        # S3 answers two changes of a bucket's access at once with a conflict, hence one after the other.
        return S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=policy([*allow, *denied]),
            depends_on=[self._closed],
            provider=self._provider,
        )

    def expire(self, id: str, *, after: Sequence[ITerraformDependable] | None = None, **rule: Any) -> None:
        """Delete objects by the arguments of a lifecycle rule, and what uploads left unfinished after a week."""
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle",
            bucket=self.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id=id,
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                    **rule,
                )
            ],
            depends_on=after,
            provider=self._provider,
        )
