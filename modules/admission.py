"""The security group of a store: it admits the application on one port, and nothing else."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct


def admit_application(
    scope: Construct, *, name: str, store: str, vpc_id: str, application_security_group_id: str, port: int
) -> SecurityGroup:
    """Create the group of a store, as "PostgreSQL", in the scope of its module."""
    group = SecurityGroup(
        scope,
        "security-group",
        name_prefix=f"{name}-",
        description=store,
        vpc_id=vpc_id,
        tags={"Name": name},
        # A changed name replaces the group, and AWS does not delete one that is still in use.
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
    )
    VpcSecurityGroupIngressRule(
        scope,
        "application",
        security_group_id=group.id,
        description=f"{store} from the application",
        referenced_security_group_id=application_security_group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
    )
    return group
