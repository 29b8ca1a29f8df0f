"""What load balancers, gateways, endpoints, addresses and instances charge for."""

from __future__ import annotations

from decimal import Decimal

from cli.review.cost.charge import MONTH, Factor, Findings, Unpriced, charge, of, pieces
from cli.review.cost.resources import Resource


def load_balancer(balancer: Resource) -> Findings:
    """An application load balancer, with an address in each of its zones."""
    if balancer.text("load_balancer_type") not in ("application", ""):
        yield Unpriced(f"a load balancer of type {balancer.text('load_balancer_type')}")
        return
    yield charge("load balancer", ("load_balancer", "hour"), MONTH)
    yield charge("capacity units", ("load_balancer", "lcu_hour"), MONTH, Factor("lcu", "LCU"))
    if not balancer.get("internal"):
        zones = balancer.count("subnet_mapping") or balancer.count("subnets")
        if zones is None:
            yield Unpriced("public IPv4 addresses in an unknown number of zones")
        else:
            yield charge("public IPv4", ("vpc", "public_ipv4_hour"), pieces(zones, "zone"), MONTH)
        yield charge("data to the internet", ("data_transfer", "internet_gb"), Factor("internet_gb", "GB"))
    gb = Factor("between_zones_gb", "GB")
    yield charge("data between zones", ("data_transfer", "between_zones_gb"), pieces(2, "direction"), gb)


def nat_gateway(_: Resource) -> Findings:
    """A NAT gateway; its address is one of the elastic ones."""
    yield charge("NAT gateway", ("vpc", "nat_gateway_hour"), MONTH)
    yield charge("data", ("vpc", "nat_gateway_gb"), Factor("nat_gb", "GB"))


def endpoint(endpoint: Resource) -> Findings:
    """A VPC endpoint: gateways are free, interfaces are paid in each zone."""
    kind = endpoint.text("vpc_endpoint_type")
    if kind in ("", "Gateway"):
        return
    zones = endpoint.count("subnet_ids")
    if kind != "Interface" or zones is None:
        yield Unpriced(f"an endpoint of type {kind} in an unknown number of zones")
        return
    yield charge("interface endpoint", ("vpc", "interface_endpoint_hour"), pieces(zones, "zone"), MONTH)
    yield charge("data", ("vpc", "interface_endpoint_gb"), Factor("endpoint_gb", "GB"))


def address(_: Resource) -> Findings:
    """An elastic address, used or not."""
    yield charge("public IPv4", ("vpc", "public_ipv4_hour"), MONTH)


def instance(instance: Resource) -> Findings:
    """An instance of EC2 with Linux."""
    size = instance.text("instance_type")
    yield charge("instance", ("ec2_linux_hour", size), MONTH, kind=size)
    root = instance.block("root_block_device")
    kind, gb = root.get("volume_type") or "gp3", root.get("volume_size")
    yield charge(
        "root volume", ("ebs", f"{kind}_gb_month"), Factor(Decimal(gb) if gb else "root_volume_gb", "GB"), kind=kind
    )
    elastic = any(each.referenced("instance", "aws_instance") is instance for each in instance.others("aws_eip"))
    if instance.get("associate_public_ip_address") and not elastic:
        yield charge("public IPv4", ("vpc", "public_ipv4_hour"), MONTH)


def volume(volume: Resource) -> Findings:
    """A volume of EBS."""
    kind = volume.text("type") or "gp2"
    yield charge("storage", ("ebs", f"{kind}_gb_month"), of(volume.number("size") or 0, "GB"), kind=kind)
