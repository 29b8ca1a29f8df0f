"""The network module: what each way out creates, and what the application may reach."""

from __future__ import annotations

import json
from functools import cache
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest

from modules.network.inputs import COMPLETE_ENDPOINTS, TIERS, ExistingNetworkInputs, NetworkInputs
from modules.network.main import ExistingNetwork, Network
from modules.network.nat_user_data import NAT_USER_DATA
from modules.rules import RULES_PER_SECURITY_GROUP
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def inputs(**changes: Any) -> NetworkInputs:
    return NetworkInputs(**{"cidr": "10.0.0.0/16", "zones": ZONES, **changes})


@cache
def network(**changes: Any) -> Json:
    document = module_json(
        lambda stack: Network(
            stack,
            "network",
            inputs=inputs(**changes),
            prefix="django-test",
            region="us-east-1",
            account_id="123456789012",
        )
    )
    resources: Json = document["resource"]
    return resources


def routes_to_the_internet(resources: Json) -> dict[str, Json]:
    return {
        route["route_table_id"]: route
        for route in resources["aws_route"].values()
        if route["destination_cidr_block"] == "0.0.0.0/0"
    }


class TestSubnets:
    def test_each_zone_has_a_subnet_in_each_tier(self) -> None:
        subnets = network()["aws_subnet"]
        assert {name: subnet["availability_zone"] for name, subnet in subnets.items()} == {
            f"network_{tier}_{zone[-1]}": zone for tier in TIERS for zone in ZONES
        }

    def test_no_subnet_gives_out_public_addresses(self) -> None:
        assert not any(subnet["map_public_ip_on_launch"] for subnet in network()["aws_subnet"].values())

    @pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.30.0.0/16", "172.20.16.0/20", "192.168.0.0/18"])
    def test_blocks_lie_in_the_vpc_and_do_not_overlap(self, cidr: str) -> None:
        network = inputs(cidr=cidr)
        blocks = [IPv4Network(network.subnet_cidr(tier, zone)) for tier in TIERS for zone in range(3)]
        assert all(block.subnet_of(IPv4Network(cidr)) for block in blocks)
        assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))

    def test_blocks_of_the_smallest_vpc_are_not_smaller_than_aws_allows(self) -> None:
        smallest = inputs(cidr="10.0.0.0/20")
        assert all(IPv4Network(smallest.subnet_cidr(tier, 2)).prefixlen <= 28 for tier in TIERS)

    def test_the_database_tier_has_no_way_to_the_internet(self) -> None:
        assert "${aws_route_table.network_database_routes.id}" not in routes_to_the_internet(network())


class TestNat:
    def test_one_gateway_per_zone_keeps_each_zone_on_its_own(self) -> None:
        resources = network(nat="gateway_per_zone")
        assert len(resources["aws_nat_gateway"]) == 3
        for zone in "abc":
            table = f"${{aws_route_table.network_private_{zone}_routes.id}}"
            gateway = f"${{aws_nat_gateway.network_nat_gateway_{zone}.id}}"
            assert routes_to_the_internet(resources)[table]["nat_gateway_id"] == gateway
            subnet = resources["aws_nat_gateway"][f"network_nat_gateway_{zone}"]["subnet_id"]
            assert subnet == f"${{aws_subnet.network_public_{zone}.id}}"

    def test_a_single_gateway_serves_all_zones(self) -> None:
        resources = network(nat="single_gateway")
        assert list(resources["aws_nat_gateway"]) == ["network_nat_gateway_a"]
        private = [route for route in resources["aws_route"].values() if "nat_gateway_id" in route]
        assert len(private) == 3
        assert {route["nat_gateway_id"] for route in private} == {"${aws_nat_gateway.network_nat_gateway_a.id}"}

    def test_the_instance_forwards_for_all_zones(self) -> None:
        resources = network(nat="instance")
        instance = only(resources["aws_instance"])
        assert instance["source_dest_check"] is False
        interface = "${aws_instance.network_nat.primary_network_interface_id}"
        assert [route.get("network_interface_id") for route in resources["aws_route"].values()].count(interface) == 3
        assert "aws_nat_gateway" not in resources

    @pytest.mark.parametrize(
        ("nat", "kind"),
        [
            ("gateway_per_zone", "aws_nat_gateway"),
            ("single_gateway", "aws_nat_gateway"),
            ("instance", "aws_instance"),
        ],
    )
    def test_it_waits_for_the_internet_of_the_public_subnets(self, nat: str, kind: str) -> None:
        for resource in network(nat=nat)[kind].values():
            assert resource["depends_on"] == [
                "aws_internet_gateway.network_internet",
                "aws_route.network_public_internet",
            ]

    def test_the_address_of_the_instance_comes_after_what_that_waits_for(self) -> None:
        assert only(network(nat="instance")["aws_eip"])["instance"] == "${aws_instance.network_nat.id}"

    def test_a_new_script_replaces_no_instance(self) -> None:
        instance = only(network(nat="instance")["aws_instance"])
        assert instance["user_data"] == NAT_USER_DATA
        assert "user_data_replace_on_change" not in instance

    def test_the_instance_has_the_memory_that_its_packages_take(self) -> None:
        assert only(network(nat="instance")["aws_instance"])["instance_type"] == "t4g.micro"

    def test_the_instance_wants_imdsv2_and_an_encrypted_disk(self) -> None:
        template = only(network(nat="instance")["aws_launch_template"])
        assert template["metadata_options"]["http_tokens"] == "required"
        assert template["block_device_mappings"][0]["ebs"]["encrypted"] == "true"

    def test_the_instance_is_reached_by_session_manager_not_ssh(self) -> None:
        resources = network(nat="instance")
        policy = only(resources["aws_iam_role_policy_attachment"])["policy_arn"]
        assert policy.endswith("/AmazonSSMManagedInstanceCore")
        assert "key_name" not in only(resources["aws_instance"])
        ingress = only(resources["aws_vpc_security_group_ingress_rule"])
        assert ingress["cidr_ipv4"] == "10.0.0.0/16"

    @pytest.mark.parametrize(
        ("type_", "architecture"), [("t4g.nano", "arm64"), ("c7gn.medium", "arm64"), ("t3.micro", "x86_64")]
    )
    def test_the_instance_runs_the_current_amazon_linux_of_its_architecture(
        self, type_: str, architecture: str
    ) -> None:
        template = only(network(nat="instance", nat_instance_type=type_)["aws_launch_template"])
        parameter = f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"
        assert template["image_id"] == f"resolve:ssm:{parameter}"


class TestEndpoints:
    def test_s3_is_always_reached_without_nat(self) -> None:
        endpoint = only(network()["aws_vpc_endpoint"])
        assert endpoint["service_name"] == "com.amazonaws.us-east-1.s3"
        assert set(endpoint["route_table_ids"]) == {
            f"${{aws_route_table.network_{tier}_routes.id}}"
            for tier in ("private_a", "private_b", "private_c", "database", "public")
        }

    def test_without_nat_every_service_that_a_task_calls_has_an_endpoint(self) -> None:
        resources = network(nat="none", interface_endpoints=COMPLETE_ENDPOINTS)
        services = {endpoint["service_name"] for endpoint in resources["aws_vpc_endpoint"].values()}
        assert services == {f"com.amazonaws.us-east-1.{name}" for name in ("s3", *COMPLETE_ENDPOINTS)}
        assert set(routes_to_the_internet(resources)) == {"${aws_route_table.network_public_routes.id}"}

    def test_without_nat_the_application_reaches_nothing_outside_of_the_vpc_but_s3(self) -> None:
        rules = network(nat="none", interface_endpoints=COMPLETE_ENDPOINTS)["aws_vpc_security_group_egress_rule"]
        assert {rule.get("cidr_ipv4", rule.get("prefix_list_id")) for rule in rules.values()} == {
            "10.0.0.0/16",
            "${aws_vpc_endpoint.network_endpoint_s3.prefix_list_id}",
        }

    def test_only_the_application_may_use_the_endpoints(self) -> None:
        rule = only(network(interface_endpoints=("logs",))["aws_vpc_security_group_ingress_rule"])
        assert rule["referenced_security_group_id"] == "${aws_security_group.network_application.id}"
        assert (rule["from_port"], rule["to_port"]) == (443, 443)

    @pytest.mark.parametrize("missing", COMPLETE_ENDPOINTS)
    def test_an_incomplete_set_without_nat_is_refused(self, missing: str) -> None:
        services = tuple(service for service in COMPLETE_ENDPOINTS if service != missing)
        with pytest.raises(InvalidInput, match=f"tasks without NAT cannot start: {missing} missing"):
            validate(inputs(nat="none", interface_endpoints=services))


class TestSecurity:
    def test_the_default_security_group_admits_and_reaches_nothing(self) -> None:
        closed = only(network()["aws_default_security_group"])
        assert "ingress" not in closed
        assert "egress" not in closed

    def test_all_traffic_is_logged_by_a_role_that_writes_this_group_only(self) -> None:
        resources = network()
        assert only(resources["aws_flow_log"])["traffic_type"] == "ALL"
        (statement,) = json.loads(only(resources["aws_iam_role_policy"])["policy"])["Statement"]
        assert statement["Resource"] == "${aws_cloudwatch_log_group.network_flow_log_group.arn}:*"
        (trust,) = json.loads(only(resources["aws_iam_role"])["assume_role_policy"])["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}

    def test_a_flow_log_begins_when_its_role_may_write(self) -> None:
        assert only(network()["aws_flow_log"])["depends_on"] == ["aws_iam_role_policy.network_flow_log_policy"]

    def test_the_application_reaches_the_internet_on_the_named_ports_only(self) -> None:
        rules = network(application_egress_ports=(443, 587))["aws_vpc_security_group_egress_rule"].values()
        internet = [(rule["from_port"], rule["to_port"]) for rule in rules if rule.get("cidr_ipv4") == "0.0.0.0/0"]
        assert internet == [(443, 443), (587, 587)]


EXISTING = {
    "vpc_id": "vpc-0123456789abcdef0",
    "vpc_cidr": "10.9.0.0/16",
    "public_subnet_ids": ("subnet-01", "subnet-02"),
    "private_subnet_ids": ("subnet-11", "subnet-12"),
    "database_subnet_ids": ("subnet-21", "subnet-22"),
}
EXISTING |= {
    tier: tuple(f"subnet-{n.removeprefix('subnet-'):0>17}" for n in ids)
    for tier, ids in EXISTING.items()
    if isinstance(ids, tuple)
}


class TestExistingNetwork:
    def test_only_the_security_group_of_the_application_is_created(self) -> None:
        existing = ExistingNetworkInputs(**EXISTING)  # type: ignore[arg-type]
        document = module_json(lambda stack: ExistingNetwork(stack, "network", inputs=existing, prefix="django-test"))
        assert set(document["resource"]) == {"aws_security_group", "aws_vpc_security_group_egress_rule"}
        assert only(document["resource"]["aws_security_group"])["vpc_id"] == "vpc-0123456789abcdef0"

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"vpc_id": "vpc-xyz"}, "vpc_id: 'vpc-xyz' is no VPC id: "),
            ({"vpc_cidr": "10.9.0.1/16"}, "vpc_cidr: '10.9.0.1/16' has host bits set: "),
            ({"vpc_cidr": "10.9.0.0/255.255.0.0"}, "vpc_cidr: '10.9.0.0/255.255.0.0' is not in CIDR notation: write"),
            ({"vpc_cidr": "198.19.0.0/16"}, "vpc_cidr: 198.19.0.0/16 is part of 198.18.0.0/15, which is reserved: "),
            ({"vpc_cidr": "10.8.0.0/15"}, "vpc_cidr: a /15 is not the block of a VPC: write that of the VPC, a /16 to"),
            ({"vpc_cidr": "10.9.0.0/29"}, "vpc_cidr: a /29 is not the block of a VPC: "),
            (
                {"application_egress_ports": tuple(range(1, 61))},
                ("application_egress_ports: 60 ports are more than a security group has room for: name up to 59"),
            ),
            (
                {"public_subnet_ids": EXISTING["public_subnet_ids"][:1]},
                "public_subnet_ids: needs subnets in two zones, got 1: ",
            ),
            ({"private_subnet_ids": ("eni-1", "eni-2")}, "private_subnet_ids: 'eni-1' is no subnet id: "),
            (
                {"database_subnet_ids": EXISTING["public_subnet_ids"]},
                (
                    "database_subnet_ids: subnet-00000000000000001 is in public_subnet_ids too: "
                    "give each tier subnets of its own"
                ),
            ),
            (
                {"database_subnet_ids": (EXISTING["database_subnet_ids"][0],) * 2},
                "database_subnet_ids: one subnet is named twice: name subnets of different zones",
            ),
        ],
    )
    def test_wrong_ids_are_refused(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(ExistingNetworkInputs(**{**EXISTING, **changes}))
        assert line in str(error.value)

    @pytest.mark.parametrize(
        "changes",
        [
            {"vpc_cidr": "10.8.0.0/16"},
            {"vpc_cidr": "10.9.0.0/28"},
            {"vpc_cidr": "100.64.0.0/16"},
            {"vpc_cidr": "52.94.0.0/22"},
            {"application_egress_ports": tuple(range(1, 60))},
        ],
    )
    def test_any_vpc_that_aws_makes_is_accepted(self, changes: dict[str, Any]) -> None:
        validate(ExistingNetworkInputs(**{**EXISTING, **changes}))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"zones": ()}, "zones: got 0 zones: name two or three"),
        ({"zones": (*ZONES, "us-east-1d")}, "zones: got 4 zones: name two or three"),
        ({"zones": ("us-east-1a", "us-east-1a")}, "zones: one zone is named twice: "),
        ({"zones": ("us-east-1a", "east")}, "zones: 'east' is no availability zone: "),
        ({"cidr": "10.0.0.0/24"}, "cidr: a /24 is outside /16 to /20: "),
        ({"cidr": "10.0.0.0/8"}, "cidr: a /8 is outside /16 to /20: "),
        ({"cidr": "8.8.0.0/16"}, "cidr: 8.8.0.0/16 is not private: "),
        ({"cidr": "172.17.0.0/16"}, "cidr: overlaps 172.17.0.0/16, which AWS services use themselves: "),
        ({"cidr": "10.0.0.0"}, "cidr: '10.0.0.0' has no prefix length: "),
        ({"cidr": "ten"}, "cidr: 'ten' is no IPv4 block: "),
        ({"cidr": "10.0.0.0/255.255.0.0"}, "cidr: '10.0.0.0/255.255.0.0' is not in CIDR notation: write a block as "),
        ({"cidr": "10.0.0.0/0.0.255.255"}, "cidr: '10.0.0.0/0.0.255.255' is not in CIDR notation: "),
        ({"cidr": "10.0.0.0/016"}, "cidr: '10.0.0.0/016' is not in CIDR notation: "),
        ({"cidr": "0.0.0.0/16"}, "cidr: 0.0.0.0/16 is part of 0.0.0.0/8, which is reserved: "),
        ({"cidr": "127.0.0.0/16"}, "cidr: 127.0.0.0/16 is part of 127.0.0.0/8, which is reserved: "),
        ({"cidr": "169.254.0.0/16"}, "cidr: 169.254.0.0/16 is part of 169.254.0.0/16, which is reserved: "),
        ({"cidr": "198.18.0.0/16"}, "cidr: 198.18.0.0/16 is part of 198.18.0.0/15, which is reserved: "),
        ({"cidr": "239.255.0.0/16"}, "cidr: 239.255.0.0/16 is part of 224.0.0.0/4, which is reserved: "),
        ({"cidr": "255.255.0.0/16"}, "cidr: 255.255.0.0/16 is part of 240.0.0.0/4, which is reserved: "),
        ({"cidr": "192.0.0.0/16"}, "cidr: 192.0.0.0/16 is not private: choose from 10.0.0.0/8, 172.16.0.0/12, 192."),
        ({"cidr": "172.32.0.0/16"}, "cidr: 172.32.0.0/16 is not private: "),
        (
            {"application_egress_ports": tuple(range(1, 60))},
            "application_egress_ports: 59 ports are more than a security group has room for: name up to 58",
        ),
        ({"nat": "instance", "nat_instance_type": "huge"}, "nat_instance_type: 'huge' is no type: "),
        ({"nat": "cheap"}, "nat: got 'cheap': give one of 'gateway_per_zone', "),
        ({"interface_endpoints": ("logs", "logs")}, "interface_endpoints: one endpoint is named twice: "),
        ({"flow_log_retention_days": 10}, "flow_log_retention_days: CloudWatch has no retention of 10 days: "),
        ({"application_egress_ports": (443, 443)}, "application_egress_ports: one port is named twice: "),
        ({"application_egress_ports": (0,)}, "application_egress_ports: 0 is no TCP port: "),
    ],
)
def test_wrong_inputs_are_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(inputs(**changes))
    assert line in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"cidr": "10.255.0.0/16"},
        {"cidr": "172.31.0.0/16"},
        {"cidr": "192.168.0.0/16"},
        {"application_egress_ports": tuple(range(1, 59))},
    ],
)
def test_right_inputs_are_accepted(changes: dict[str, Any]) -> None:
    validate(inputs(**changes))


def test_a_full_security_group_has_as_many_rules_as_aws_allows() -> None:
    rules = network(application_egress_ports=tuple(range(1, 59)))["aws_vpc_security_group_egress_rule"].values()
    group = "${aws_security_group.network_application.id}"
    assert sum(rule["security_group_id"] == group for rule in rules) == RULES_PER_SECURITY_GROUP
