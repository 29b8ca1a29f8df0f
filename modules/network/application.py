"""The security group of the application's tasks."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.security_group import security_group


class ApplicationSecurityGroup(Construct):
    """PostgreSQL and Redis accept connections from members of this group. Who reaches these is up to the service.

    It reaches the VPC, where the groups of the other side decide, and the internet on the named TCP ports only.
    """

    def __init__(
        self, scope: Construct, id: str, *, prefix: str, vpc_id: str, vpc_cidr: str, internet_ports: list[int]
    ) -> None:
        super().__init__(scope, id)
        self.id = security_group(
            self,
            "Default",
            name=f"{prefix}-application",
            description="Tasks of the application",
            vpc_id=vpc_id,
        ).id
        self._egress("vpc", "The VPC", cidr_ipv4=vpc_cidr, from_port=0, to_port=65535)
        for port in internet_ports:
            name, text = f"internet-{port}", f"The internet on TCP {port}"
            self._egress(name, text, cidr_ipv4="0.0.0.0/0", from_port=port, to_port=port)

    def reach_prefix_list(self, name: str, prefix_list_id: str) -> None:
        """Allow HTTPS to a prefix list: a gateway endpoint is outside of the VPC's block."""
        self._egress(name, f"{name.upper()} by its endpoint", prefix_list_id=prefix_list_id, from_port=443, to_port=443)

    def _egress(
        self,
        name: str,
        description: str,
        *,
        from_port: int,
        to_port: int,
        cidr_ipv4: str | None = None,
        prefix_list_id: str | None = None,
    ) -> None:
        VpcSecurityGroupEgressRule(
            self,
            name,
            security_group_id=self.id,
            description=description,
            ip_protocol="tcp",
            from_port=from_port,
            to_port=to_port,
            cidr_ipv4=cidr_ipv4,
            prefix_list_id=prefix_list_id,
        )
