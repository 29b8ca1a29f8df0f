"""The certificate authorities of clients that the load balancer lets in."""

from __future__ import annotations

import hashlib

from cdktf_cdktf_provider_aws.lb_trust_store import LbTrustStore
from cdktf_cdktf_provider_aws.s3_object import S3Object
from constructs import Construct

from modules.private_bucket import PrivateBucket


class TrustStore(PrivateBucket):
    """A trust store, and the bucket from which Elastic Load Balancing copies its certificates.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
    """

    def __init__(self, scope: Construct, id: str, *, name: str, bucket: str, ca_certificates: str) -> None:
        """`ca_certificates` are in PEM; `name` has up to 32 characters."""
        super().__init__(scope, id, name=bucket)
        self.expire("unfinished")  # nothing else: the certificates stay as long as the trust store
        bundle = S3Object(
            self,
            "bundle",
            bucket=self.bucket.id,
            # Other certificates have another key, or Terraform would not see that the trust store must read them.
            key=f"{hashlib.sha256(ca_certificates.encode()).hexdigest()[:16]}.pem",
            content=ca_certificates,
            content_type="application/x-pem-file",
            depends_on=[self.restrict()],
        )
        self.arn = LbTrustStore(
            self,
            "store",
            name=name,
            ca_certificates_bundle_s3_bucket=self.bucket.id,
            ca_certificates_bundle_s3_key=bundle.key,
        ).arn
