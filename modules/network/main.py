"""The network of an environment: a VPC in three tiers or one that exists, and the application's security group."""

from __future__ import annotations

from cdktf import Fn, ITerraformDependable
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct

from modules.network.application import ApplicationSecurityGroup
from modules.network.endpoints import Endpoints
from modules.network.existing_subnets import ExistingSubnets
from modules.network.flow_log import VpcFlowLog
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.network.nat import ANYWHERE, ANYWHERE_IPV6, NatGateways, NatInstance
from modules.network.outputs import NetworkOutputs
from modules.placement import Placement
from modules.security_group import admit
from modules.validation import validate


class Network(Construct):
    """A VPC with a public, a private and a database subnet in each zone."""

    def __init__(
        self, scope: Construct, id: str, *, inputs: NetworkInputs, prefix: str, region: str, account_id: str
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self._inputs, self._prefix = inputs, prefix
        self._retiring = {zone[-1] for zone in inputs.retiring_zones}
        self._vpc = Vpc(
            self,
            "Default",
            cidr_block=inputs.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,  # private DNS of the interface endpoints needs both
            assign_generated_ipv6_cidr_block=inputs.ipv6 or None,
            tags={"Name": prefix},
        )
        # Whatever forgets to name its security groups lands in this one, which admits nothing and reaches nothing.
        DefaultSecurityGroup(self, "default", vpc_id=self._vpc.id, tags={"Name": f"{prefix}-closed"})
        VpcFlowLog(
            self,
            "flow-log",
            vpc_id=self._vpc.id,
            prefix=prefix,
            account_id=account_id,
            retention_days=inputs.flow_log_retention_days,
        )
        self.nat_gateway_ids: list[str] = []
        self.nat_instance_id: str | None = None
        public, private, database = (self._tier(tier) for tier in ("public", "private", "database"))
        private_tables = {zone: self._private_routes(zone, subnet) for zone, subnet in private.items()}
        database_table = self._route_table("database", database)
        public_table = self._route_table("public", public)
        nat_public_ips = self._internet_egress(public, private_tables, self._internet(public_table))

        application = ApplicationSecurityGroup(
            self,
            "application",
            prefix=prefix,
            vpc_id=self._vpc.id,
            vpc_cidr=inputs.cidr,
            internet_ports=list(inputs.egress_ports),
        )
        used = {
            tier: [subnet.id for zone, subnet in subnets.items() if zone not in self._retiring]
            for tier, subnets in {"public": public, "private": private, "database": database}.items()
        }
        endpoints = Endpoints(
            self,
            "endpoint",
            prefix=prefix,
            region=region,
            placement=Placement(
                vpc_id=self._vpc.id, subnet_ids=used["private"], application_security_group_id=application.id
            ),
            # The public one too: the NAT instance installs its packages from S3.
            route_table_ids=[table.id for table in (*private_tables.values(), database_table, public_table)],
            services=list(inputs.interface_endpoints),
        )
        application.reach_prefix_list("s3", endpoints.s3_prefix_list_id)
        self.outputs = NetworkOutputs(
            vpc_id=self._vpc.id,
            vpc_cidr=inputs.cidr,
            public_subnet_ids=used["public"],
            private_subnet_ids=used["private"],
            database_subnet_ids=used["database"],
            application_security_group_id=application.id,
            nat_public_ips=nat_public_ips,
            endpoint_security_group_id=endpoints.security_group_id,
        )

    def _tier(self, tier: str) -> dict[str, Subnet]:
        """The subnets of a tier by the letter of their zone."""
        return {
            zone[-1]: Subnet(
                self,
                f"{tier}-{zone[-1]}",
                vpc_id=self._vpc.id,
                availability_zone=zone,
                cidr_block=self._inputs.subnet_cidr(tier, index),
                ipv6_cidr_block=self._ipv6_cidr(index) if tier == "public" else None,
                map_public_ip_on_launch=False,
                tags={"Name": f"{self._prefix}-{tier}-{zone[-1]}", "Tier": tier},
            )
            for index, zone in enumerate(self._inputs.zones)
        }

    def _ipv6_cidr(self, index: int) -> str | None:
        """A /64 of the /56 that Amazon provides."""
        return Fn.cidrsubnet(self._vpc.ipv6_cidr_block, 8, index) if self._inputs.ipv6 else None

    def _route_table(self, name: str, subnets: dict[str, Subnet]) -> RouteTable:
        table = RouteTable(self, f"{name}-routes", vpc_id=self._vpc.id, tags={"Name": f"{self._prefix}-{name}"})
        for zone, subnet in subnets.items():
            association = f"{name}-routes-{zone}"
            RouteTableAssociation(self, association, route_table_id=table.id, subnet_id=subnet.id)
        return table

    def _internet(self, table: RouteTable) -> list[ITerraformDependable]:
        """What the subnets of a table reach the internet by."""
        gateway = InternetGateway(self, "internet", vpc_id=self._vpc.id, tags={"Name": self._prefix})
        route = Route(
            self, "public-internet", route_table_id=table.id, destination_cidr_block=ANYWHERE, gateway_id=gateway.id
        )
        if self._inputs.ipv6:
            Route(
                self,
                "public-internet-ipv6",
                route_table_id=table.id,
                destination_ipv6_cidr_block=ANYWHERE_IPV6,
                gateway_id=gateway.id,
            )
        return [gateway, route]

    def _private_routes(self, zone: str, subnet: Subnet) -> RouteTable:
        # One table a zone, so that each zone can use a gateway of its own and lose none of the others' with it.
        return self._route_table(f"private-{zone}", {zone: subnet})

    def _internet_egress(
        self, public: dict[str, Subnet], private_tables: dict[str, RouteTable], internet: list[ITerraformDependable]
    ) -> list[str]:
        """The public addresses that private subnets reach the internet from."""
        nat = self._inputs.nat
        first = dict([next(iter(public.items()))])
        if nat in ("gateway_per_zone", "single_gateway"):
            used = public if nat == "gateway_per_zone" else first
            gateways = NatGateways(
                self,
                "nat",
                prefix=self._prefix,
                public_subnets=used,
                private_tables=private_tables,
                internet=internet,
            )
            self.nat_gateway_ids = gateways.ids
            return gateways.public_ips
        if nat == "instance":
            instance = NatInstance(
                self,
                "nat",
                prefix=self._prefix,
                instance_type=self._inputs.nat_instance_type,
                vpc_id=self._vpc.id,
                vpc_cidr=self._inputs.cidr,
                public_subnet=next(iter(first.values())),
                private_tables=private_tables,
                internet=internet,
            )
            self.nat_instance_id = instance.id
            return instance.public_ips
        return []


class ExistingNetwork(Construct):
    """A VPC that exists, to which only the application's security group is added."""

    def __init__(
        self, scope: Construct, id: str, *, inputs: ExistingNetworkInputs, prefix: str, balanced: str = "public"
    ) -> None:
        """`balanced` is the tier of the load balancer, "public" or "private"."""
        super().__init__(scope, id)
        validate(inputs)
        subnets = {
            tier: ExistingSubnets(self, f"{tier}-subnets", inputs=inputs, tier=tier, is_balanced=tier == balanced).ids
            for tier in inputs.tiers
        }
        application_id = inputs.application_security_group_id and str(inputs.application_security_group_id)
        if application_id is None or inputs.retiring_security_group:
            own = ApplicationSecurityGroup(
                self,
                "application",
                prefix=prefix,
                vpc_id=inputs.vpc_id,
                vpc_cidr=inputs.vpc_cidr,
                internet_ports=list(inputs.application_egress_ports),
            )
            application_id = application_id or own.id
        if inputs.endpoint_security_group_id is not None:
            admit(
                self,
                "endpoints",
                to=str(inputs.endpoint_security_group_id),
                port=443,
                description=f"HTTPS from {prefix}",
                security_group_id=application_id,
            )
        self.outputs = NetworkOutputs(
            vpc_id=str(inputs.vpc_id),
            vpc_cidr=str(inputs.vpc_cidr),
            public_subnet_ids=subnets.get("public", []),
            private_subnet_ids=subnets["private"],
            database_subnet_ids=subnets.get("database", subnets["private"]),
            application_security_group_id=application_id,
            nat_public_ips=[],
            endpoint_security_group_id=str(inputs.endpoint_security_group_id or ""),
        )
