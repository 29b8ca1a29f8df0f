"""Ways to AWS services that do not leave the VPC."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct


class Endpoints(Construct):
    """The free gateway endpoint of S3, and interface endpoints for the services named."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        region: str,
        vpc_id: str,
        subnet_ids: list[str],
        route_table_ids: list[str],
        services: list[str],
        client_security_group_id: str,
    ) -> None:
        super().__init__(scope, id)
        s3 = VpcEndpoint(
            self,
            "s3",
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=route_table_ids,
            tags={"Name": f"{prefix}-s3"},
        )
        self.s3_prefix_list_id = s3.prefix_list_id
        if not services:
            return
        group = SecurityGroup(
            self,
            "security-group",
            name_prefix=f"{prefix}-endpoints-",
            description="Interface endpoints",
            vpc_id=vpc_id,
            tags={"Name": f"{prefix}-endpoints"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        VpcSecurityGroupIngressRule(
            self,
            "application",
            security_group_id=group.id,
            description="HTTPS from the application",
            referenced_security_group_id=client_security_group_id,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
        )
        for service in services:
            VpcEndpoint(
                self,
                service.replace(".", "-"),
                vpc_id=vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=subnet_ids,
                security_group_ids=[group.id],
                tags={"Name": f"{prefix}-{service}"},
            )
