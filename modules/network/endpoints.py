"""Ways to AWS services that do not leave the VPC."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from modules.placement import Placement
from modules.security_group import admit, security_group


class Endpoints(Construct):
    """The free gateway endpoint of S3, and interface endpoints for the services named."""

    security_group_id = ""
    """Of the interface endpoints. Empty where there is none."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        region: str,
        placement: Placement,
        route_table_ids: list[str],
        services: list[str],
    ) -> None:
        super().__init__(scope, id)
        s3 = VpcEndpoint(
            self,
            "s3",
            vpc_id=placement.vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=route_table_ids,
            tags={"Name": f"{prefix}-s3"},
        )
        self.s3_prefix_list_id = s3.prefix_list_id
        if not services:
            return
        group = security_group(
            self,
            "security-group",
            name=f"{prefix}-endpoints",
            description="Interface endpoints",
            vpc_id=placement.vpc_id,
        )
        self.security_group_id = group.id
        admit(
            self,
            "application",
            to=group.id,
            port=443,
            description="HTTPS from the application",
            security_group_id=placement.application_security_group_id,
        )
        # https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html
        for port in (465, 587) if "email-smtp" in services else ():
            admit(
                self,
                f"application-smtp-{port}",
                to=group.id,
                port=port,
                description="Mail from the application",
                security_group_id=placement.application_security_group_id,
            )
        for service in services:
            VpcEndpoint(
                self,
                service.replace(".", "-"),
                vpc_id=placement.vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=placement.subnet_ids,
                security_group_ids=[group.id],
                tags={"Name": f"{prefix}-{service}"},
            )
