"""How private subnets reach the internet: managed gateways, or one small instance."""

from __future__ import annotations

import re

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.instance import Instance, InstanceLaunchTemplate
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateMetadataOptions,
)
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from modules.iam import trust
from modules.network.nat_user_data import NAT_USER_DATA
from modules.security_group import security_group

ANYWHERE = "0.0.0.0/0"
ANYWHERE_IPV6 = "::/0"


class NatGateways(Construct):
    """A gateway in each of the public subnets given, by zone; a zone without one of its own uses the first.

    `internet` is what a public subnet reaches the internet by: AWS fails a gateway that comes before it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        public_subnets: dict[str, Subnet],
        private_tables: dict[str, RouteTable],
        internet: list[ITerraformDependable],
    ) -> None:
        super().__init__(scope, id)
        self._internet = internet
        self.public_ips: list[str] = []
        gateways = {
            zone: self._gateway(zone, f"{prefix}-nat-{zone}", subnet) for zone, subnet in public_subnets.items()
        }
        self.ids = [gateway.id for gateway in gateways.values()]
        first = next(iter(gateways.values()))
        for zone, table in private_tables.items():
            gateway = gateways.get(zone, first).id
            Route(
                self,
                f"route-{zone}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                nat_gateway_id=gateway,
            )

    def _gateway(self, zone: str, name: str, subnet: Subnet) -> NatGateway:
        address = Eip(self, f"address-{zone}", domain="vpc", tags={"Name": name})
        self.public_ips.append(address.public_ip)
        return NatGateway(
            self,
            f"gateway-{zone}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags={"Name": name},
            depends_on=self._internet,
        )


class NatInstance(Construct):
    """An instance that forwards, for a tenth of a gateway's price and without its redundancy.

    Nobody logs in by SSH: Session Manager does. It runs the Amazon Linux that AWS's public parameter names when the
    instance is made; later images replace nothing until someone taints it. Its console says whether it is configured,
    which `make status` reads. `internet` is what a public subnet reaches the internet by.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        instance_type: str,
        vpc_id: str,
        vpc_cidr: str,
        public_subnet: Subnet,
        private_tables: dict[str, RouteTable],
        internet: list[ITerraformDependable],
    ) -> None:
        super().__init__(scope, id)
        name = f"{prefix}-nat"
        group = self._security_group(name, vpc_id, vpc_cidr)
        template = LaunchTemplate(
            self,
            "template",
            name=name,
            # EC2 resolves the parameter at launch, so neither the plan nor the state needs to read it.
            image_id=f"resolve:ssm:{_image_parameter(instance_type)}",
            update_default_version=True,
            metadata_options=LaunchTemplateMetadataOptions(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                LaunchTemplateBlockDeviceMappings(
                    device_name="/dev/xvda",
                    ebs=LaunchTemplateBlockDeviceMappingsEbs(encrypted="true", volume_type="gp3"),
                )
            ],
        )
        instance = Instance(
            self,
            "Default",
            launch_template=InstanceLaunchTemplate(id=template.id, version="$Latest"),
            instance_type=instance_type,
            subnet_id=public_subnet.id,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=self._session_manager_profile(name).name,
            source_dest_check=False,  # it forwards packets that are not addressed to it
            # A change stops and starts the instance, which then runs the new script.
            user_data=NAT_USER_DATA,
            tags={"Name": name},
            depends_on=internet,
        )
        address = Eip(self, "address", domain="vpc", instance=instance.id, tags={"Name": name})
        self.public_ips = [address.public_ip]
        self.id = instance.id
        for zone, table in private_tables.items():
            Route(
                self,
                f"route-{zone}",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                network_interface_id=instance.primary_network_interface_id,
            )

    def _security_group(self, name: str, vpc_id: str, vpc_cidr: str) -> SecurityGroup:
        group = security_group(self, "security-group", name=name, description="NAT instance", vpc_id=vpc_id)
        VpcSecurityGroupIngressRule(
            self,
            "from-vpc",
            security_group_id=group.id,
            description="What the VPC sends to the internet",
            cidr_ipv4=vpc_cidr,
            ip_protocol="-1",
        )
        VpcSecurityGroupEgressRule(
            self,
            "to-internet",
            security_group_id=group.id,
            description="What it forwards",
            cidr_ipv4=ANYWHERE,
            ip_protocol="-1",
        )
        return group

    def _session_manager_profile(self, name: str) -> IamInstanceProfile:
        role = IamRole(self, "role", name=name, assume_role_policy=trust("ec2.amazonaws.com"))
        policy = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
        IamRolePolicyAttachment(self, "session-manager", role=role.name, policy_arn=policy)
        return IamInstanceProfile(self, "profile", name=name, role=role.name)


def _image_parameter(instance_type: str) -> str:
    """The public parameter of the current Amazon Linux 2023; families such as t4g and c7gn are Graviton, so arm64.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
    """
    graviton = re.match(r"[a-z]+\d+g", instance_type)
    return f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{'arm64' if graviton else 'x86_64'}"
