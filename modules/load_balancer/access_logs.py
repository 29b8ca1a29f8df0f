"""The bucket of a load balancer's access logs."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import S3BucketLifecycleConfigurationRuleExpiration
from constructs import Construct

from modules.iam import Statement
from modules.private_bucket import PrivateBucket


class AccessLogs(PrivateBucket):
    """A private bucket that only the log delivery of Elastic Load Balancing may write.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """

    def __init__(self, scope: Construct, id: str, *, name: str, account_id: str, days: int, delete_logs: bool) -> None:
        # Without a key of KMS: Elastic Load Balancing cannot write to a bucket that is encrypted with one.
        super().__init__(scope, id, name=name, force_destroy=delete_logs)
        self.expire("expire", expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=days)])
        delivery = Statement(
            sid="LogDelivery",
            principal={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            actions="s3:PutObject",
            # The path binds this to the load balancers of the account: the service writes no other one.
            resources=f"{self.bucket.arn}/AWSLogs/{account_id}/*",
        )
        self.policy = self.restrict(allow=[delivery])
