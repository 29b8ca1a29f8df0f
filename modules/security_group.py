"""Security groups, and whom they admit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from modules.placement import Placement


def security_group(scope: Construct, id: str, *, name: str, description: str, vpc_id: str) -> SecurityGroup:
    """A group that admits nobody and reaches nobody until rules are added to it."""
    return SecurityGroup(
        scope,
        id,
        name_prefix=f"{name}-",
        description=description,
        vpc_id=vpc_id,
        tags={"Name": name},
        # A changed name replaces the group, and AWS does not delete one that is still in use.
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
    )


def admit(
    scope: Construct,
    id: str,
    *,
    to: str,
    port: int,
    description: str,
    security_group_id: str | None = None,
    prefix_list_id: str | None = None,
    cidr: str | None = None,
    cidr_ipv6: str | None = None,
    depends_on: Sequence[ITerraformDependable] | None = None,
) -> VpcSecurityGroupIngressRule:
    """Admit one security group, prefix list or block to the group `to`, on a TCP port."""
    return VpcSecurityGroupIngressRule(
        scope,
        id,
        security_group_id=to,
        description=description,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        referenced_security_group_id=security_group_id,
        prefix_list_id=prefix_list_id,
        cidr_ipv4=cidr,
        cidr_ipv6=cidr_ipv6,
        depends_on=depends_on,
    )


def store_security_group(
    scope: Construct,
    *,
    name: str,
    store: str,
    placement: Placement,
    port: int,
    security_group_ids: Iterable[str] = (),
    cidrs: Iterable[str] = (),
) -> SecurityGroup:
    """The group of a store, as "PostgreSQL", in the scope of its module. It admits the application and who is named."""
    group = security_group(scope, "security-group", name=name, description=store, vpc_id=placement.vpc_id)
    admit(
        scope,
        "application",
        to=group.id,
        port=port,
        description=f"{store} from the application",
        security_group_id=placement.application_security_group_id,
    )
    for other in map(str, security_group_ids):
        admit(
            scope, f"from-{other}", to=group.id, port=port, description=f"{store} from {other}", security_group_id=other
        )
    for cidr in map(str, cidrs):
        from_cidr = f"from-{re.sub('[./]', '-', cidr)}"
        admit(scope, from_cidr, to=group.id, port=port, description=f"{store} from {cidr}", cidr=cidr)
    return group
