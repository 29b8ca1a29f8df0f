"""Inputs of the network: a VPC to create, or the ids of one that exists."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Literal

from modules import rules
from modules.validation import Problem, inputs, show

Nat = Literal["gateway_per_zone", "single_gateway", "instance", "none"]
InterfaceEndpoint = Literal["ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssmmessages", "sts"]

# What a Fargate task calls before and while it runs, beside S3, whose gateway endpoint is free and always there.
COMPLETE_ENDPOINTS: tuple[InterfaceEndpoint, ...] = (
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "ssmmessages",
    "sts",
)

TIERS = ("public", "private", "database")


@inputs
class NetworkInputs:
    """A VPC with a public, a private and a database subnet in each zone. The subnets' CIDRs follow from the VPC's."""

    cidr: str
    """The VPC's block, /16 to /20. No two environments may overlap, so that they can be peered."""
    zones: tuple[str, ...]
    """One to three availability zones of the region, by name: `("us-east-1a", "us-east-1b")`. A load balancer and RDS
    need two."""
    nat: Nat = "gateway_per_zone"
    """How private subnets reach the internet; "none" needs the complete set of interface endpoints."""
    nat_instance_type: str = "t4g.micro"
    """Only with nat="instance". With less than 1 GiB of memory, as t4g.nano has, its package manager may fail. A type
    of another processor architecture replaces the instance."""
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()
    """Services reached without leaving the VPC, paid per zone and hour."""
    flow_log_retention_days: int = 30
    application_egress_ports: tuple[int, ...] = (443,)
    """TCP ports on which the application may call the internet, as 587 for mail by SMTP."""

    def rules(self) -> Iterator[Problem]:
        yield from self._zone_rules()
        yield from self._cidr_rules()
        yield from self._egress_rules()
        # Beside those to the VPC and to the endpoint of S3.
        yield from rules.egress_ports("application_egress_ports", self.application_egress_ports, other_rules=2)
        yield from rules.log_retention("flow_log_retention_days", self.flow_log_retention_days)

    def _zone_rules(self) -> Iterator[Problem]:
        if not 1 <= len(self.zones) <= 3:
            yield Problem("zones", f"got {len(self.zones)} zones", "name two or three")
        for zone in self.zones:
            if not rules.ZONE.fullmatch(zone):
                yield Problem("zones", f"{show(zone)} is no availability zone", 'name one as "us-east-1a"')
        if len(set(self.zones)) < len(self.zones):
            yield Problem("zones", "one zone is named twice", "name different zones")

    def _cidr_rules(self) -> Iterator[Problem]:
        problem = rules.cidr(self.cidr)
        if problem:
            yield Problem("cidr", problem, 'write a block as "10.10.0.0/16"')
            return
        block = IPv4Network(self.cidr)
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
        if not 16 <= block.prefixlen <= 20:
            yield Problem("cidr", f"a /{block.prefixlen} is outside /16 to /20", "choose a /16 to /20")
        if not block.is_private:
            yield Problem(
                "cidr", f"{self.cidr} is not private", "choose from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
            )
        elif block.overlaps(IPv4Network("172.17.0.0/16")):
            yield Problem("cidr", "overlaps 172.17.0.0/16, which AWS services use themselves", "choose another block")

    def _egress_rules(self) -> Iterator[Problem]:
        if len(set(self.interface_endpoints)) < len(self.interface_endpoints):
            yield Problem("interface_endpoints", "one endpoint is named twice", "name different endpoints")
        missing = [service for service in COMPLETE_ENDPOINTS if service not in self.interface_endpoints]
        if self.nat == "none" and missing:
            yield Problem(
                "interface_endpoints",
                f"tasks without NAT cannot start: {', '.join(missing)} missing",
                "add them or choose a nat",
            )
        if self.nat == "instance" and not rules.INSTANCE_TYPE.fullmatch(self.nat_instance_type):
            yield Problem("nat_instance_type", f"{show(self.nat_instance_type)} is no type", 'write it as "t4g.micro"')

    def subnet_cidr(self, tier: str, zone: int) -> str:
        """The block of one subnet: private /+3 from the start of the VPC, public and database /+8 from its last /+3.

        In a /16 the private subnets are 10.x.0.0/19, 10.x.32.0/19 and 10.x.64.0/19, the public ones 10.x.224.0/24 on
        and the database ones 10.x.232.0/24 on; the blocks between are free for what comes later.
        """
        block = IPv4Network(self.cidr)
        if tier == "private":
            return str(list(block.subnets(prefixlen_diff=3))[zone])
        small = list(list(block.subnets(prefixlen_diff=3))[-1].subnets(prefixlen_diff=5))
        return str(small[zone if tier == "public" else 8 + zone])


@inputs
class ExistingNetworkInputs:
    """A VPC that exists, by its ids. It must give the private subnets a way to ECR, logs and Secrets Manager."""

    vpc_id: str
    vpc_cidr: str
    public_subnet_ids: tuple[str, ...]
    """Two or more in different zones, for the load balancer."""
    private_subnet_ids: tuple[str, ...]
    """Two or more in different zones, for tasks and Redis."""
    database_subnet_ids: tuple[str, ...]
    """Two or more in different zones, for PostgreSQL."""
    application_egress_ports: tuple[int, ...] = (443,)
    """TCP ports on which the application may call the internet, as 587 for mail by SMTP."""

    def rules(self) -> Iterator[Problem]:
        if not rules.resource_id("vpc", self.vpc_id):
            yield Problem("vpc_id", f"{show(self.vpc_id)} is no VPC id", 'write it as "vpc-0123456789abcdef0"')
        problem = rules.cidr(self.vpc_cidr)
        if problem:
            yield Problem("vpc_cidr", problem, 'write the block as "10.10.0.0/16"')
        elif not 16 <= (length := IPv4Network(self.vpc_cidr).prefixlen) <= 28:
            yield Problem("vpc_cidr", f"a /{length} is not the block of a VPC", "write that of the VPC, a /16 to /28")
        yield from rules.egress_ports("application_egress_ports", self.application_egress_ports, other_rules=1)
        seen: dict[str, str] = {}
        for tier in TIERS:
            field = f"{tier}_subnet_ids"
            ids: tuple[str, ...] = getattr(self, field)
            if len(ids) < 2:
                yield Problem(field, f"needs subnets in two zones, got {len(ids)}", "add a subnet")
            for subnet in ids:
                if not rules.resource_id("subnet", subnet):
                    yield Problem(field, f"{show(subnet)} is no subnet id", 'write it as "subnet-0123456789abcdef0"')
                if seen.setdefault(subnet, field) != field:
                    yield Problem(field, f"{subnet} is in {seen[subnet]} too", "give each tier subnets of its own")
            if len(set(ids)) < len(ids):
                yield Problem(field, "one subnet is named twice", "name subnets of different zones")
