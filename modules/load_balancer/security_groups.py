"""Who reaches the load balancer, and whom it reaches."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.placement import Placement
from modules.security_group import admit, security_group

HTTPS, HTTP = 443, 80


class LoadBalancerSecurityGroup(Construct):
    """Open on 443 and 80 to a prefix list or to everybody; closed towards all but the application's port."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        placement: Placement,
        container_port: int,
        prefix_list_id: str | None,
    ) -> None:
        super().__init__(scope, id)
        group = security_group(
            self, "Default", name=f"{prefix}-alb", description="The load balancer", vpc_id=placement.vpc_id
        )
        self.id = group.id
        for name, port in (("https", HTTPS), ("http", HTTP)):
            admit(
                self,
                name,
                to=group.id,
                port=port,
                description="Cloudflare" if prefix_list_id else "Everybody",
                prefix_list_id=prefix_list_id,
                cidr=None if prefix_list_id else "0.0.0.0/0",
            )
        VpcSecurityGroupEgressRule(
            self,
            "to-application",
            security_group_id=group.id,
            description="The application",
            ip_protocol="tcp",
            from_port=container_port,
            to_port=container_port,
            referenced_security_group_id=placement.application_security_group_id,
        )
        admit(
            self,
            "application",
            to=placement.application_security_group_id,
            port=container_port,
            description="The load balancer",
            security_group_id=group.id,
        )
