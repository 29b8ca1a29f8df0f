"""The bucket that holds Terraform states."""

from __future__ import annotations

from cdktf import TerraformProvider
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.private_bucket import PrivateBucket
from modules.state_bucket.inputs import StateBucketInputs
from modules.state_bucket.outputs import StateBucketOutputs
from modules.validation import validate


class StateBucket(PrivateBucket):
    """Versioned, encrypted, private, reached by TLS 1.2 or later only, and never destroyed by Terraform."""

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
        validate(inputs)
        # Whoever loses the states loses the way back to everything that they describe.
        super().__init__(scope, id, name=name, kms_key_arn=kms_key_arn, prevent_destroy=True, provider=provider)
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
            provider=provider,
        )
        old = S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=inputs.old_version_days)
        # What every lock file leaves behind.
        markers = S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)
        self.expire("old-versions", noncurrent_version_expiration=[old], expiration=[markers], after=[versioning])
        self.restrict(deny={"Tls12OrLater": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}})
        self.outputs = StateBucketOutputs(name=self.bucket.id, arn=self.bucket.arn)
