"""CloudFront in front of the load balancer, for the HTTPS of its own name."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudfront_distribution import (
    CloudfrontDistribution,
    CloudfrontDistributionCustomErrorResponse,
    CloudfrontDistributionDefaultCacheBehavior,
    CloudfrontDistributionOrigin,
    CloudfrontDistributionOriginCustomOriginConfig,
    CloudfrontDistributionRestrictions,
    CloudfrontDistributionRestrictionsGeoRestriction,
    CloudfrontDistributionViewerCertificate,
)
from cdktf_cdktf_provider_aws.data_aws_ec2_managed_prefix_list import DataAwsEc2ManagedPrefixList
from constructs import Construct

from modules.cloudfront.inputs import CACHE_NOTHING
from modules.cloudfront.outputs import CloudFrontOutputs

# AWS's own policy AllViewerAndCloudFrontHeaders-2022-06.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
_FORWARD_EVERYTHING = "33f36d7e-f396-46d9-90e0-52428a34d9dc"

# Which CloudFront keeps for ten seconds otherwise, and gives to others: its cache policy is not for them.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)

_ORIGIN = "load-balancer"
# The longest without a higher quota.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
_READ_SECONDS = 60


def origin_facing(scope: Construct) -> str:
    """The id of AWS's prefix list of the addresses from which CloudFront calls a load balancer.

    It counts as 55 of the 60 rules of a security group.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
    """
    name = "com.amazonaws.global.cloudfront.origin-facing"
    return DataAwsEc2ManagedPrefixList(scope, "cloudfront-addresses", name=name).id


class CloudFront(Construct):
    """Ends TLS by CloudFront's certificate, caches nothing, and passes everything on over HTTP, the Host header too."""

    def __init__(self, scope: Construct, id: str, *, prefix: str, load_balancer_dns_name: str) -> None:
        super().__init__(scope, id)
        distribution = CloudfrontDistribution(
            self,
            "Default",
            comment=prefix,
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            origin=[
                CloudfrontDistributionOrigin(
                    origin_id=_ORIGIN,
                    domain_name=load_balancer_dns_name,
                    custom_origin_config=CloudfrontDistributionOriginCustomOriginConfig(
                        # Nobody has a certificate for the load balancer's own name.
                        origin_protocol_policy="http-only",
                        http_port=80,
                        https_port=443,
                        origin_ssl_protocols=["TLSv1.2"],
                        origin_read_timeout=_READ_SECONDS,
                    ),
                )
            ],
            default_cache_behavior=CloudfrontDistributionDefaultCacheBehavior(
                target_origin_id=_ORIGIN,
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
                cached_methods=["GET", "HEAD"],
                cache_policy_id=CACHE_NOTHING,
                origin_request_policy_id=_FORWARD_EVERYTHING,
            ),
            custom_error_response=[
                CloudfrontDistributionCustomErrorResponse(error_code=code, error_caching_min_ttl=0) for code in _ERRORS
            ],
            restrictions=CloudfrontDistributionRestrictions(
                geo_restriction=CloudfrontDistributionRestrictionsGeoRestriction(restriction_type="none")
            ),
            viewer_certificate=CloudfrontDistributionViewerCertificate(cloudfront_default_certificate=True),
            # It takes minutes, in which the tasks start.
            wait_for_deployment=False,
            tags={"Name": prefix},
        )
        self.outputs = CloudFrontOutputs(domain_name=distribution.domain_name)
