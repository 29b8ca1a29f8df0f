"""What deploying changes of the load balancer, its certificate and its access logs."""

from __future__ import annotations

from collections.abc import Iterator

from modules.github_oidc.statement import Statement
from stacks.permissions.scope import Scope

_LOAD_BALANCING = (
    *("AddTags", "CreateListener", "CreateLoadBalancer", "DeleteListener", "DeleteLoadBalancer", "ModifyListener"),
    *("ModifyListenerAttributes", "ModifyLoadBalancerAttributes", "RemoveTags", "SetIpAddressType"),
    *("SetSecurityGroups", "SetSubnets"),
)
_TARGET_GROUPS = ("AddTags", "DeleteTargetGroup", "ModifyTargetGroup", "ModifyTargetGroupAttributes", "RemoveTags")


def load_balancer(scope: Scope) -> list[Statement]:
    """The way in: load balancer, target groups, certificate and access logs."""
    return [
        Statement(
            sid="LoadBalancer",
            actions=[f"elasticloadbalancing:{call}" for call in _LOAD_BALANCING],
            resources=[
                scope.arn("elasticloadbalancing", f"loadbalancer/app/{scope.prefix}/*"),
                scope.arn("elasticloadbalancing", f"listener/app/{scope.prefix}/*"),
            ],
        ),
        *_target_groups(scope),
        Statement(
            sid="MakeCertificate",
            actions=["acm:AddTagsToCertificate", "acm:RequestCertificate"],
            resources=[scope.arn("acm", "certificate/*")],
            condition=scope.claiming(),
        ),
        Statement(
            sid="Certificate",
            actions=[
                *("acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RemoveTagsFromCertificate"),
                "acm:UpdateCertificateOptions",
            ],
            resources=[scope.arn("acm", "certificate/*")],
            condition=scope.tagged(),
        ),
        *_access_logs(scope),
    ]


def _target_groups(scope: Scope) -> Iterator[Statement]:
    # Of a target group's name AWS leaves six characters to choose before those that it draws: environments share them.
    groups = [scope.arn("elasticloadbalancing", f"targetgroup/{scope.prefix[:6]}*/*")]
    made = [f"elasticloadbalancing:{call}" for call in ("AddTags", "CreateTargetGroup")]
    changed = [f"elasticloadbalancing:{call}" for call in _TARGET_GROUPS]
    yield Statement(sid="MakeTargetGroups", actions=made, resources=groups, condition=scope.claiming())
    yield Statement(sid="TargetGroups", actions=changed, resources=groups, condition=scope.tagged())


def _access_logs(scope: Scope) -> Iterator[Statement]:
    calls = (
        *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "PutBucketOwnershipControls", "PutBucketPolicy"),
        *("PutBucketPublicAccessBlock", "PutBucketTagging", "PutEncryptionConfiguration", "PutLifecycleConfiguration"),
    )
    yield Statement(sid="AccessLogs", actions=[f"s3:{call}" for call in calls], resources=[scope.access_logs()])
    if scope.environment.django_service.load_balancer.delete_access_logs:
        yield Statement(
            sid="EmptyAccessLogs",
            actions=["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"],
            resources=[scope.access_logs(), f"{scope.access_logs()}/*"],
        )
