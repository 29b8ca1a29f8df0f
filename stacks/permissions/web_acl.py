"""AWS WAF: the web ACL of the environment, its log, and which web ACL the load balancer has."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from modules.web_acl.inputs import log_group
from stacks.permissions.scope import Scope, calls

_CHANGED = """
    CreateWebACL DeleteLoggingConfiguration DeleteWebACL PutLoggingConfiguration TagResource UntagResource UpdateWebACL
"""
_LOG_CHANGED = "CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy TagResource UntagResource"


def describe(scope: Scope) -> Iterator[Statement]:
    """The web ACL that the load balancer has, and how it logs."""
    acl = scope.environment.web_acl
    if acl is None:
        return
    resources = [_acl(scope), _load_balancer(scope)]
    yield Statement(sid="DescribeWebAcl", actions=["wafv2:GetWebACLForResource"], resources=resources)
    if acl.existing_arn is None:
        actions = calls("wafv2", "GetLoggingConfiguration GetWebACL ListTagsForResource")
        yield Statement(sid="DescribeOwnWebAcl", actions=actions, resources=[_acl(scope)])
        yield Statement(sid="DescribeWebAclLog", actions=["logs:ListTagsForResource"], resources=_log_group(scope))


def change(scope: Scope) -> Iterator[Statement]:
    """The environment's web ACL with AWS's rules, its log, and that the load balancer has it."""
    acl = scope.environment.web_acl
    if acl is None:
        return
    # https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_id-based-policy-examples.html
    yield Statement(
        sid="AssociateWebAcl",
        actions=[*calls("wafv2", "AssociateWebACL DisassociateWebACL"), "elasticloadbalancing:SetWebAcl"],
        resources=[_acl(scope), _load_balancer(scope)],
    )
    if acl.existing_arn is None:
        yield Statement(sid="WebAcl", actions=calls("wafv2", _CHANGED), resources=[_acl(scope)])
        # Whoever makes a web ACL needs the same for the rule groups in it.
        yield Statement(
            sid="ManagedRules",
            actions=calls("wafv2", "CreateWebACL UpdateWebACL"),
            resources=[scope.arn("wafv2", "regional/managedruleset/*")],
        )
        yield Statement(sid="WebAclLog", actions=calls("logs", _LOG_CHANGED), resources=_log_group(scope))


def _acl(scope: Scope) -> str:
    """AWS ends the ARN with an id of its own."""
    existing = scope.environment.web_acl.existing_arn if scope.environment.web_acl else None
    return existing or scope.arn("wafv2", f"regional/webacl/{scope.prefix}/*")


def _load_balancer(scope: Scope) -> str:
    return scope.arn("elasticloadbalancing", f"loadbalancer/app/{scope.environment.load_balancer_name}/*")


def _log_group(scope: Scope) -> list[str]:
    name = scope.arn("logs", f"log-group:{log_group(scope.prefix)}")
    return [name, f"{name}:*"]
