"""The network: only the load balancer meets the internet, and stores meet nobody but the application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from cli.review.gate.resources import Resource, Unit
from cli.review.gate.rule import Rule, UnitRule
from cli.terraform.plan import Json

_INGRESS = (
    "aws_vpc_security_group_ingress_rule",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_default_security_group",
)
_EGRESS = (
    "aws_vpc_security_group_egress_rule",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_default_security_group",
)
_STORES = {1433, 1521, 2049, 3306, 5432, 5433, 6379, 6380, 9200, 11211, 27017}
_WEB = {80, 443}


def _rules(resource: Resource, direction: str) -> list[Json]:
    """The rules of one direction: the resource itself, or its blocks."""
    if resource.type in ("aws_security_group", "aws_default_security_group"):
        return resource.blocks(direction)
    if resource.type == "aws_security_group_rule" and resource.get("type") != direction:
        return []
    return [resource.values]


def _cidrs(rule: Json) -> list[str]:
    singles = [rule.get("cidr_ipv4"), rule.get("cidr_ipv6"), rule.get("cidr_block"), rule.get("ipv6_cidr_block")]
    return [*filter(None, singles), *(rule.get("cidr_blocks") or ()), *(rule.get("ipv6_cidr_blocks") or ())]


def _lists(rule: Json) -> list[str]:
    return [*filter(None, [rule.get("prefix_list_id")]), *(rule.get("prefix_list_ids") or ())]


def _foreign_groups(rule: Json) -> list[str]:
    """Those of another account, as `123456789012/sg-0123`."""
    groups = [rule.get("referenced_security_group_id"), rule.get("source_security_group_id")]
    groups += rule.get("security_groups") or ()
    return [group for group in groups if isinstance(group, str) and re.match(r"\d{12}/", group)]


def _ports(rule: Json) -> tuple[int, int]:
    """The first and last port; all of them where the protocol has none."""
    protocol = str(rule.get("ip_protocol", rule.get("protocol")))
    first, last = rule.get("from_port"), rule.get("to_port")
    if protocol in ("-1", "all") or not isinstance(first, int) or not isinstance(last, int):
        return 0, 65535
    return first, last


def _wide(cidr: str, narrowest: int = 16, narrowest_ipv6: int = 32) -> bool:
    """Whether a range is of the internet, and wider than any one organisation's; of what nobody knows yet, it is."""
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return True
    return network.prefixlen < (narrowest if network.version == 4 else narrowest_ipv6) and not network.is_private


def _of_load_balancer(resource: Resource) -> bool:
    """Whether a security group, or a rule's, is the load balancer's alone, and open to all on purpose."""
    groups = resource.refers("security_group_id") or {resource.address}
    balancers = {address for balancer in resource.unit.of("aws_lb") for address in balancer.refers("security_groups")}
    others = resource.unit.of("aws_vpc_security_group_ingress_rule")
    behind_proxy = any(other.get("prefix_list_id") and other.refers("security_group_id") & groups for other in others)
    # Whoever has a list of a proxy's addresses has it to admit nobody else.
    behind_proxy |= bool(resource.unit.of("aws_ec2_managed_prefix_list"))
    return bool(groups & balancers) and not behind_proxy


def _open(resource: Resource) -> Iterator[str]:
    for rule in _rules(resource, "ingress"):
        first, last = _ports(rule)
        web = first == last and first in _WEB and _of_load_balancer(resource)
        for cidr in _cidrs(rule):
            if _wide(cidr) and not web:
                yield f"{_span(first, last)} to {cidr}"


def _span(first: int, last: int) -> str:
    if (first, last) == (0, 65535):
        return "all ports"
    return f"port {first}" if first == last else f"ports {first} to {last}"


def _store_by_address(resource: Resource) -> Iterator[str]:
    groups = resource.refers("security_group_id") or {resource.address}
    stores = resource.unit.of("aws_db_instance", "aws_rds_cluster", "aws_elasticache_replication_group")
    of_stores = {
        group
        for store in stores
        for argument in ("vpc_security_group_ids", "security_group_ids")
        for group in store.refers(argument)
    }
    for rule in _rules(resource, "ingress"):
        first, last = _ports(rule)
        sources = [*_cidrs(rule), *_lists(rule), *_foreign_groups(rule)]
        if sources and ((first == last and first in _STORES) or groups & of_stores):
            yield _span(first, last)


def _leaks(resource: Resource) -> bool:
    return any(_ports(rule) == (0, 65535) and any(map(_wide, _cidrs(rule))) for rule in _rules(resource, "egress"))


def _wide_entries(resource: Resource) -> Iterator[str]:
    """Cloudflare's widest ranges are a /13, and a /29 of IPv6."""
    cidrs = [str(entry.get("cidr")) for entry in resource.blocks("entry")]
    return (cidr for cidr in cidrs if _wide(cidr, narrowest=13, narrowest_ipv6=29))


def _routed(unit: Unit) -> Iterator[str]:
    """Subnets for databases and tasks, by their tag, whose routes lead to the internet gateway."""
    gates = {
        address
        for route in unit.of("aws_route")
        if route.refers("gateway_id") or str(route.get("gateway_id")).startswith("igw-")
        for address in route.refers("route_table_id")
    }
    inner = {
        subnet.address
        for subnet in unit.of("aws_subnet")
        if (subnet.get("tags") or {}).get("Tier") in ("database", "private")
    }
    for association in unit.of("aws_route_table_association"):
        if association.refers("route_table_id") & gates and association.refers("subnet_id") & inner:
            yield association.address
    leads_out = {
        table: route.address
        for route in unit.of("aws_route")
        if {route.get("destination_cidr_block"), route.get("destination_ipv6_cidr_block")} & {"0.0.0.0/0", "::/0"}
        for table in route.refers("route_table_id")
    }
    stores = {
        subnet.address for subnet in unit.of("aws_subnet") if (subnet.get("tags") or {}).get("Tier") == "database"
    }
    for association in unit.of("aws_route_table_association"):
        for table in association.refers("route_table_id") & leads_out.keys():
            if association.refers("subnet_id") & stores:
                yield leads_out[table]


def _unrecorded(unit: Unit) -> Iterator[str]:
    for vpc in unit.of("aws_vpc"):
        flows = unit.referring("aws_flow_log", "vpc_id", vpc.address)
        if not any(flow.get("traffic_type") == "ALL" for flow in flows):
            yield vpc.address


def _open_default(unit: Unit) -> Iterator[str]:
    for vpc in unit.of("aws_vpc"):
        closed = unit.referring("aws_default_security_group", "vpc_id", vpc.address)
        if not closed or any(group.get("ingress") or group.get("egress") for group in closed):
            yield vpc.address


def _old_metadata(resource: Resource) -> bool:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html."""
    if resource.type == "aws_instance" and resource.get("launch_template") and not resource.get("metadata_options"):
        return False  # the template says it
    options = ("metadata_options.http_endpoint", "metadata_options.http_tokens")
    return bool(resource.get(options[0]) != "disabled" and resource.get(options[1]) != "required")


def _not_blocked(resource: Resource) -> Iterator[str]:
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    return (name for name in names if not resource.on(name))


def _no_block(unit: Unit) -> Iterator[str]:
    for bucket in unit.of("aws_s3_bucket"):
        if not unit.referring("aws_s3_bucket_public_access_block", "bucket", bucket.address):
            yield bucket.address


def _public_acl(resource: Resource) -> bool:
    return str(resource.get("acl")).startswith(("public", "authenticated"))


RULES = (
    Rule("network/open", _INGRESS, _open, "it opens {}: admit a security group, a prefix list or a narrow range"),
    Rule(
        "network/store-by-address",
        _INGRESS,
        _store_by_address,
        "it admits others than the application to {} of a store: admit its security group alone",
    ),
    Rule(
        "network/leaks",
        _EGRESS,
        _leaks,
        "whatever runs there may send anything anywhere: admit the ports that it needs",
    ),
    Rule(
        "network/wide-list",
        ("aws_ec2_managed_prefix_list",),
        _wide_entries,
        "{} is wider than any range of Cloudflare, so the list keeps nobody out: take it out",
    ),
    UnitRule(
        "network/routed",
        _routed,
        "a subnet for databases or tasks would lead to the internet gateway: give it a route table of its own",
    ),
    Rule(
        "network/public-addresses",
        ("aws_subnet",),
        lambda resource: resource.on("map_public_ip_on_launch"),
        "whatever starts there gets a public address: set map_public_ip_on_launch to false",
    ),
    UnitRule(
        "network/unrecorded",
        _unrecorded,
        "nobody can tell who spoke with whom: add an aws_flow_log with traffic_type ALL",
    ),
    UnitRule(
        "network/default-group",
        _open_default,
        "what names no security group gets the open one of AWS: declare an aws_default_security_group without rules",
    ),
    Rule(
        "network/metadata",
        ("aws_instance", "aws_launch_template"),
        _old_metadata,
        "a request that the instance forwards gets its credentials too: set metadata_options.http_tokens to required",
    ),
    Rule(
        "network/public-database",
        ("aws_db_instance", "aws_rds_cluster_instance"),
        lambda resource: resource.on("publicly_accessible"),
        "the database gets a public address: set publicly_accessible to false",
    ),
    Rule(
        "network/public-task",
        ("aws_ecs_service",),
        lambda resource: resource.on("network_configuration.assign_public_ip"),
        "the tasks get public addresses: set assign_public_ip to false",
    ),
    Rule(
        "network/public-bucket",
        ("aws_s3_bucket_public_access_block",),
        _not_blocked,
        "a mistake in a policy could make the bucket public: set {} to true",
    ),
    UnitRule(
        "network/public-bucket",
        _no_block,
        "a mistake in a policy could make the bucket public: add an aws_s3_bucket_public_access_block",
    ),
    Rule(
        "network/public-bucket", ("aws_s3_bucket_acl", "aws_s3_bucket"), _public_acl, "the ACL is public: leave it out"
    ),
)
