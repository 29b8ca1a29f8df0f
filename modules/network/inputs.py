"""Inputs of the network: a VPC to create, or the ids of one that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Literal

from modules import rules
from modules.validation import Problem, inputs, show

Nat = Literal["gateway_per_zone", "single_gateway", "instance", "none"]
InterfaceEndpoint = Literal[
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "ssmmessages",
    "sts",
    "elasticache",
    "email",
    "email-smtp",
    "kms",
    "monitoring",
    "scheduler",
    "sqs",
    "ssm",
    "xray",
]

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

# A /27 for the load balancer and two /28 in each of two zones.
SMALLEST_VPC = 25


@inputs
class NetworkInputs:
    """A VPC with a public, a private and a database subnet in each zone."""

    cidr: str
    """The VPC's block, /16 to /20, or down to /25 where all subnets' blocks are given. No two environments may overlap,
    so that they can be peered."""
    zones: tuple[str, ...]
    """One to three availability zones of the region, by name: `("us-east-1a", "us-east-1b")`. A load balancer and RDS
    need two."""
    retiring_zones: tuple[str, ...] = ()
    """The last ones of `zones`, whose subnets stay while the load balancer, the tasks and the stores leave them. In the
    next change remove them here and in `zones`."""
    nat: Nat = "gateway_per_zone"
    """How private subnets reach the internet; "none" needs the complete set of interface endpoints."""
    nat_instance_type: str = "t4g.micro"
    """Only with nat="instance". With less than 1 GiB of memory, as t4g.nano has, its package manager may fail. A type
    of another processor architecture replaces the instance."""
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()
    """Services reached without leaving the VPC, paid per zone and hour. "email" is the API of SES, and "email-smtp" its
    mail servers, which not every zone has. https://docs.aws.amazon.com/ses/latest/dg/send-email-set-up-vpc-endpoints.html
    """
    flow_log_retention_days: int = 30
    application_egress_ports: tuple[int, ...] | None = None
    """TCP ports on which the application may call the internet: `(443, 587)` for mail by SMTP too. A list has 443, by
    which tasks start, unless COMPLETE_ENDPOINTS are there. None: 443, or no port with nat="none"."""
    public_cidrs: tuple[str, ...] = ()
    """The blocks of the public subnets, /16 to /28, one for each zone in the order of `zones`. (): they follow from the
    VPC's, as those of the tiers below. A change replaces the subnets."""
    private_cidrs: tuple[str, ...] = ()
    database_cidrs: tuple[str, ...] = ()
    ipv6: bool = False
    """Whether the VPC has a block of IPv6 that Amazon provides, and its public subnets a /64 of it: for a load balancer
    with ip_address_type="dualstack"."""

    @property
    def egress_ports(self) -> tuple[int, ...]:
        """The ports of `application_egress_ports`, or their default."""
        if self.application_egress_ports is not None:
            return self.application_egress_ports
        return () if self.nat == "none" else (443,)

    def rules(self) -> Iterator[Problem]:
        yield from self._zone_rules()
        yield from self._cidr_rules()
        yield from self._egress_rules()
        # Beside those to the VPC and to the endpoint of S3.
        yield from rules.egress_ports("application_egress_ports", self.egress_ports, other_rules=2)
        yield from rules.log_retention("flow_log_retention_days", self.flow_log_retention_days)

    def _zone_rules(self) -> Iterator[Problem]:
        if not 1 <= len(self.zones) <= 3:
            yield Problem("zones", f"got {len(self.zones)} zones", "name two or three")
        for zone in self.zones:
            if not rules.ZONE.fullmatch(zone):
                yield Problem("zones", f"{show(zone)} is no availability zone", 'name one as "us-east-1a"')
        if len(set(self.zones)) < len(self.zones):
            yield Problem("zones", "one zone is named twice", "name different zones")
        retiring = self.retiring_zones
        if retiring and (set(retiring) != set(self.zones[-len(retiring) :]) or len(retiring) >= len(self.zones)):
            what = f"{show(retiring)} are not the last ones of zones, by whose order subnets have their blocks"
            yield Problem("retiring_zones", what, "name the last ones of zones, and not all")

    def _cidr_rules(self) -> Iterator[Problem]:
        problem = rules.cidr(self.cidr)
        if problem:
            yield Problem("cidr", problem, 'write a block as "10.10.0.0/16"')
            return
        block = IPv4Network(self.cidr)
        # https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
        is_exact = all(self._exact(tier) for tier in TIERS)
        smallest = SMALLEST_VPC if is_exact else 20
        if not 16 <= block.prefixlen <= smallest:
            what, remedy = f"a /{block.prefixlen} is outside /16 to /{smallest}", f"choose a /16 to /{smallest}"
            if smallest < block.prefixlen <= SMALLEST_VPC:
                remedy += ", or give public_cidrs, private_cidrs and database_cidrs"
            yield Problem("cidr", what, remedy)
            return
        if not block.is_private:
            yield Problem(
                "cidr", f"{self.cidr} is not private", "choose from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"
            )
        elif block.overlaps(IPv4Network("172.17.0.0/16")):
            yield Problem("cidr", "overlaps 172.17.0.0/16, which AWS services use themselves", "choose another block")
        yield from self._subnet_rules(block)

    def _subnet_rules(self, vpc: IPv4Network) -> Iterator[Problem]:
        found = []
        for tier in TIERS:
            field = f"{tier}_cidrs"
            wrong = [*self._exact_rules(field, self._exact(tier), vpc)]
            yield from wrong
            if not wrong:
                blocks = [IPv4Network(self.subnet_cidr(tier, index)) for index in range(min(len(self.zones), 3))]
                found += [(field, block) for block in blocks]
        overlaps = []
        for (one, block), (field, other) in combinations(found, 2):
            if block.overlaps(other):
                given = field if self._exact(field.removesuffix("_cidrs")) else one
                overlaps.append(Problem(given, f"{block} and {other} overlap", "choose blocks that do not"))
        yield from {problem.what: problem for problem in overlaps}.values()

    def _exact_rules(self, field: str, blocks: tuple[str, ...], vpc: IPv4Network) -> Iterator[Problem]:
        if blocks and len(blocks) != len(self.zones):
            what = f"got {len(blocks)} blocks for {len(self.zones)} zones"
            yield Problem(field, what, "give one for each zone, in the order of zones")
        for text in blocks:
            if problem := rules.cidr(text):
                yield Problem(field, problem, 'write a block as "10.10.0.0/24"')
            elif not IPv4Network(text).subnet_of(vpc):
                yield Problem(field, f"{text} is not in {vpc}", "choose a block of the VPC's")
            # https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
            elif IPv4Network(text).prefixlen > 28:
                yield Problem(field, f"{text} is smaller than a /28", "choose a /16 to /28")

    def _exact(self, tier: str) -> tuple[str, ...]:
        """The blocks that are given for a tier."""
        blocks: tuple[str, ...] = getattr(self, f"{tier}_cidrs")
        return blocks

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
        if self.nat == "none" and self.egress_ports:
            what = 'nothing leads to the internet with nat="none"'
            yield Problem("application_egress_ports", what, "remove it, or choose a nat")
        if self.nat != "none" and missing and 443 not in self.egress_ports:
            what = f"tasks cannot start without 443, the port of {', '.join(missing)}"
            yield Problem("application_egress_ports", what, "add 443, or these to interface_endpoints")
        if self.nat == "instance" and not rules.INSTANCE_TYPE.fullmatch(self.nat_instance_type):
            yield Problem("nat_instance_type", f"{show(self.nat_instance_type)} is no type", 'write it as "t4g.micro"')

    def subnet_cidr(self, tier: str, zone: int) -> str:
        """The block of one subnet.

        By default private /+3 from the start of the VPC, public and database /+8 from its last /+3.

        In a /16 the private subnets are 10.x.0.0/19, 10.x.32.0/19 and 10.x.64.0/19, the public ones 10.x.224.0/24 on
        and the database ones 10.x.232.0/24 on; the blocks between are free for what comes later.
        """
        if exact := self._exact(tier):
            return exact[zone]
        block = IPv4Network(self.cidr)
        if tier == "private":
            return str(list(block.subnets(prefixlen_diff=3))[zone])
        small = list(list(block.subnets(prefixlen_diff=3))[-1].subnets(prefixlen_diff=5))
        return str(small[zone if tier == "public" else 8 + zone])


@inputs
class ExistingNetworkInputs:
    """A VPC that exists. It must give the private subnets a way to ECR, logs and Secrets Manager.

    The subnets of each tier are given by their ids, or by tags that one subnet in each of `zones` has. Several
    environments may share a VPC: the names of all that they add to it begin with their own.
    """

    vpc_id: str
    vpc_cidr: str
    made_by: str | None = None
    """The environment that makes this VPC, by its name, whose block it then has. None: it is nobody's here."""
    public_subnet_ids: tuple[str, ...] = ()
    """Two or more in different zones, for the load balancer. (): only where that is internal."""
    private_subnet_ids: tuple[str, ...] = ()
    """Two or more in different zones, for tasks, Redis and an internal load balancer."""
    database_subnet_ids: tuple[str, ...] = ()
    """Two or more in different zones, for PostgreSQL. (): without tags too, that is in the private subnets."""
    zones: tuple[str, ...] = ()
    """Two or more availability zones, by name, in each of which the tags below find one subnet."""
    public_subnet_tags: Mapping[str, str] | None = None
    """In place of ids: `{"Tier": "public"}`. In the values, * stands for anything."""
    private_subnet_tags: Mapping[str, str] | None = None
    database_subnet_tags: Mapping[str, str] | None = None
    application_egress_ports: tuple[int, ...] = (443,)
    """TCP ports on which the application may call the internet: `(443, 587)` for mail by SMTP too. 443 belongs in it:
    tasks start by it, unless endpoints serve them."""
    application_security_group_id: str | None = None
    """A security group that exists, for the tasks, in place of one of our own. It must let them reach the stores, the
    endpoints and the internet; the load balancer is admitted to it."""
    retiring_security_group: bool = False
    """Whether the group of our own stays while tasks and stores change to application_security_group_id. Remove it in
    the next change."""
    endpoint_security_group_id: str | None = None
    """The security group of interface endpoints in this VPC, to which the application is admitted on port 443."""

    @property
    def tiers(self) -> tuple[str, ...]:
        """Those that are given."""
        return tuple(tier for tier in TIERS if self.ids(tier) or self.tags(tier) is not None)

    def ids(self, tier: str) -> tuple[str, ...]:
        """The ids that are given for a tier."""
        found: tuple[str, ...] = getattr(self, f"{tier}_subnet_ids")
        return found

    def tags(self, tier: str) -> Mapping[str, str] | None:
        """The tags that are given for a tier."""
        found: Mapping[str, str] | None = getattr(self, f"{tier}_subnet_tags")
        return found

    def rules(self) -> Iterator[Problem]:
        if not rules.resource_id("vpc", self.vpc_id):
            yield Problem("vpc_id", f"{show(self.vpc_id)} is no VPC id", 'write it as "vpc-0123456789abcdef0"')
        problem = rules.cidr(self.vpc_cidr)
        if problem:
            yield Problem("vpc_cidr", problem, 'write the block as "10.10.0.0/16"')
        elif not 16 <= (length := IPv4Network(self.vpc_cidr).prefixlen) <= 28:
            yield Problem("vpc_cidr", f"a /{length} is not the block of a VPC", "write that of the VPC, a /16 to /28")
        yield from rules.egress_ports("application_egress_ports", self.application_egress_ports, other_rules=1)
        for field in ("application_security_group_id", "endpoint_security_group_id"):
            yield from rules.security_groups(field, tuple(filter(None, [getattr(self, field)])))
        if self.retiring_security_group and self.application_security_group_id is None:
            what = "the group of our own is the only one"
            yield Problem("retiring_security_group", what, "remove it, or give application_security_group_id")
        if (
            self.application_security_group_id is not None
            and not self.retiring_security_group
            and self.application_egress_ports != (443,)
        ):
            what = "has no effect with application_security_group_id"
            yield Problem("application_egress_ports", what, "allow them in that group")
        yield from self._id_rules()
        yield from self._tag_rules()

    def _id_rules(self) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for tier in TIERS:
            field, ids = f"{tier}_subnet_ids", self.ids(tier)
            if len(ids) == 1 or (tier == "private" and tier not in self.tiers):
                yield Problem(field, f"needs subnets in two zones, got {len(ids)}", "add a subnet")
            for subnet in ids:
                if not rules.resource_id("subnet", subnet):
                    yield Problem(field, f"{show(subnet)} is no subnet id", 'write it as "subnet-0123456789abcdef0"')
                if (other := seen.setdefault(subnet, field)) != field:
                    is_shared = (other, field) == ("private_subnet_ids", "database_subnet_ids")
                    remedy = "remove database_subnet_ids" if is_shared else "give each tier subnets of its own"
                    yield Problem(field, f"{subnet} is in {other} too", remedy)
            if len(set(ids)) < len(ids):
                yield Problem(field, "one subnet is named twice", "name subnets of different zones")

    def _tag_rules(self) -> Iterator[Problem]:
        tagged = [tier for tier in TIERS if self.tags(tier) is not None]
        for tier in tagged:
            field, tags = f"{tier}_subnet_tags", self.tags(tier) or {}
            if self.ids(tier):
                yield Problem(field, f"is given beside {tier}_subnet_ids", "keep one of the two")
            if not tags or not all(tags):
                yield Problem(field, "has no tag, or one without a key", 'write tags as {"Tier": "private"}')
        if not tagged and self.zones:
            yield Problem("zones", "has no effect on subnets that are given by ids", "remove it")
        if tagged and len(self.zones) < 2:
            what = f"got {len(self.zones)} zones to find subnets in"
            yield Problem("zones", what, 'name two or more, as ("us-east-1a", "us-east-1b")')
        for zone in self.zones:
            if not rules.ZONE.fullmatch(zone):
                yield Problem("zones", f"{show(zone)} is no availability zone", 'name one as "us-east-1a"')
        if len(set(self.zones)) < len(self.zones):
            yield Problem("zones", "one zone is named twice", "name different zones")
