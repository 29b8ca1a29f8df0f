"""Who reaches the load balancer, and whom it reaches."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

HTTPS, HTTP = 443, 80


class LoadBalancerSecurityGroup(Construct):
    """Open on 443 and 80 to a prefix list or to everybody; closed towards all but the application's port."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        vpc_id: str,
        application_security_group_id: str,
        container_port: int,
        prefix_list_id: str | None,
    ) -> None:
        super().__init__(scope, id)
        group = SecurityGroup(
            self,
            "Default",
            name_prefix=f"{prefix}-alb-",
            description="The load balancer",
            vpc_id=vpc_id,
            tags={"Name": f"{prefix}-alb"},
            # A changed name replaces the group, and AWS does not delete one that is still in use.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.id = group.id
        for name, port in (("https", HTTPS), ("http", HTTP)):
            VpcSecurityGroupIngressRule(
                self,
                name,
                security_group_id=group.id,
                description="Cloudflare" if prefix_list_id else "Everybody",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                prefix_list_id=prefix_list_id,
                cidr_ipv4=None if prefix_list_id else "0.0.0.0/0",
            )
        VpcSecurityGroupEgressRule(
            self,
            "to-application",
            security_group_id=group.id,
            description="The application",
            ip_protocol="tcp",
            from_port=container_port,
            to_port=container_port,
            referenced_security_group_id=application_security_group_id,
        )
        VpcSecurityGroupIngressRule(
            self,
            "application",
            security_group_id=application_security_group_id,
            description="The load balancer",
            ip_protocol="tcp",
            from_port=container_port,
            to_port=container_port,
            referenced_security_group_id=group.id,
        )
