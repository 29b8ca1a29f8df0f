"""The network module: what each way out creates, and what the application may reach."""

from __future__ import annotations

import json
from functools import cache
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from modules.network.inputs import (
    COMPLETE_ENDPOINTS,
    TIERS,
    ExistingNetworkInputs,
    InterfaceEndpoint,
    Nat,
    NetworkInputs,
)
from modules.network.main import ExistingNetwork, Network
from modules.network.nat_user_data import NAT_USER_DATA
from modules.network.outputs import NetworkOutputs
from modules.rules import RULES_PER_SECURITY_GROUP
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


SMALLEST: dict[str, Any] = {
    "public_cidrs": ("10.0.0.0/27", "10.0.0.32/27"),
    "private_cidrs": ("10.0.0.64/28", "10.0.0.80/28"),
    "database_cidrs": ("10.0.0.96/28", "10.0.0.112/28"),
}


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
        if route.get("destination_cidr_block") == "0.0.0.0/0"
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

    def test_blocks_of_ones_own_are_those_of_their_zones(self) -> None:
        private = ("10.0.8.0/22", "10.0.12.0/22", "10.0.16.0/24")
        subnets = network(private_cidrs=private)["aws_subnet"]
        assert tuple(subnets[f"network_private_{zone}"]["cidr_block"] for zone in "abc") == private
        assert subnets["network_public_a"]["cidr_block"] == "10.0.224.0/24"

    def test_the_smallest_vpc_is_right_where_all_blocks_are_given(self) -> None:
        validate(inputs(cidr="10.0.0.0/25", zones=ZONES[:2], **SMALLEST))

    def test_blocks_that_are_given_for_several_subnets_are_told_once(self) -> None:
        same = dict.fromkeys(SMALLEST, ("10.0.0.0/28",) * 2)
        found = [problem.what for problem in inputs(cidr="10.0.0.0/25", zones=ZONES[:2], **same).rules()]
        assert found == ["10.0.0.0/28 and 10.0.0.0/28 overlap"]

    def test_with_ipv6_public_subnets_have_a_block_each_and_a_way_to_the_internet(self) -> None:
        resources = network(ipv6=True)
        assert only(resources["aws_vpc"])["assign_generated_ipv6_cidr_block"] is True
        blocks = {name: subnet.get("ipv6_cidr_block") for name, subnet in resources["aws_subnet"].items()}
        assert {name: block for name, block in blocks.items() if block} == {
            f"network_public_{zone}": f"${{cidrsubnet(aws_vpc.network.ipv6_cidr_block, 8, {index})}}"
            for index, zone in enumerate("abc")
        }
        (route,) = (each for each in resources["aws_route"].values() if "destination_ipv6_cidr_block" in each)
        assert route["destination_ipv6_cidr_block"] == "::/0"
        assert route["route_table_id"] == "${aws_route_table.network_public_routes.id}"

    def test_the_database_tier_has_no_way_to_the_internet(self) -> None:
        assert "${aws_route_table.network_database_routes.id}" not in routes_to_the_internet(network())

    def test_those_of_a_zone_that_retires_stay_and_nobody_is_put_into_them(self) -> None:
        retiring: dict[str, Any] = {"retiring_zones": ZONES[2:], "interface_endpoints": ("sqs",)}
        assert network(**retiring)["aws_subnet"] == network()["aws_subnet"]
        for tier in TIERS:
            ids = [f"${{aws_subnet.network_{tier}_{zone}.id}}" for zone in "ab"]
            assert output(f"{tier}_subnet_ids", **retiring) == ids
        assert network(**retiring)["aws_vpc_endpoint"]["network_endpoint_sqs"]["subnet_ids"] == [
            f"${{aws_subnet.network_private_{zone}.id}}" for zone in "ab"
        ]


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

    @pytest.mark.parametrize(("services", "ports"), [(("sqs", "email"), {443}), (("email-smtp",), {443, 465, 587})])
    def test_each_is_reached_on_the_ports_that_it_speaks(self, services: tuple[str, ...], ports: set[int]) -> None:
        resources = network(interface_endpoints=services)
        assert {rule["from_port"] for rule in resources["aws_vpc_security_group_ingress_rule"].values()} == ports
        names = {
            endpoint["service_name"].partition("us-east-1.")[2] for endpoint in resources["aws_vpc_endpoint"].values()
        }
        assert names == {"s3", *services}

    @pytest.mark.parametrize("missing", COMPLETE_ENDPOINTS)
    def test_an_incomplete_set_without_nat_is_refused(self, missing: str) -> None:
        services = tuple(service for service in COMPLETE_ENDPOINTS if service != missing)
        with pytest.raises(InvalidInput, match=f"tasks without NAT cannot start: {missing} missing"):
            validate(inputs(nat="none", interface_endpoints=services))


class TestNatAddresses:
    @pytest.mark.parametrize(
        ("nat", "names"),
        [
            ("gateway_per_zone", ["address_a", "address_b", "address_c"]),
            ("single_gateway", ["address_a"]),
            ("instance", ["address"]),
        ],
    )
    def test_others_can_be_told_where_the_application_calls_from(self, nat: Nat, names: list[str]) -> None:
        assert output("nat_public_ips", nat=nat) == [f"${{aws_eip.network_nat_{name}.public_ip}}" for name in names]

    def test_without_nat_there_are_none(self) -> None:
        assert output("nat_public_ips", nat="none", interface_endpoints=COMPLETE_ENDPOINTS) == []


@pytest.mark.parametrize(
    ("services", "group"), [(("sqs",), "${aws_security_group.network_endpoint_security_group.id}"), ((), "")]
)
def test_others_in_the_vpc_can_be_admitted_to_the_endpoints(
    services: tuple[InterfaceEndpoint, ...], group: str
) -> None:
    assert output("endpoint_security_group_id", interface_endpoints=services) == group


def output(name: str, **changes: Any) -> Any:
    def build(stack: TerraformStack) -> None:
        made = Network(stack, "network", inputs=inputs(**changes), prefix="x", region="us-east-1", account_id="1" * 12)
        TerraformOutput(stack, "it", value=getattr(made.outputs, name))

    return module_json(build)["output"]["it"]["value"]


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


TAGGED: dict[str, Any] = {
    "vpc_id": "vpc-0123456789abcdef0",
    "vpc_cidr": "10.9.0.0/16",
    "zones": ("us-east-1a", "us-east-1b"),
    "public_subnet_tags": {"Tier": "public"},
    "private_subnet_tags": {"Tier": "private"},
}


def existing_network(
    given: dict[str, Any] = EXISTING, *, balanced: str = "public", **changes: Any
) -> tuple[Json, NetworkOutputs]:
    """Its JSON, and its outputs, in which what Terraform finds is a token."""
    found = []

    def build(stack: TerraformStack) -> None:
        inputs = ExistingNetworkInputs(**{**given, **changes})
        found.append(ExistingNetwork(stack, "network", inputs=inputs, prefix="django-test", balanced=balanced).outputs)
        for tier in TIERS:
            TerraformOutput(stack, tier, value=getattr(found[0], f"{tier}_subnet_ids"))

    return module_json(build), found[0]


def found_subnets(document: Json, tier: str) -> list[str]:
    """The subnets of a tier as they are published."""
    ids: list[str] = document["output"][tier]["value"]
    return ids


class TestExistingNetwork:
    def test_the_group_of_its_own_stays_beside_the_one_that_takes_its_place(self) -> None:
        group = "sg-0123456789abcdef0"
        document, outputs = existing_network(application_security_group_id=group, retiring_security_group=True)
        assert document["resource"] == existing_network()[0]["resource"]
        assert outputs.application_security_group_id == group
        with pytest.raises(InvalidInput, match="retiring_security_group: the group of our own is the only one: remove"):
            existing_network(retiring_security_group=True)

    def test_only_the_security_group_of_the_application_is_created(self) -> None:
        document, _ = existing_network()
        assert set(document["resource"]) == {"aws_security_group", "aws_vpc_security_group_egress_rule"}
        assert only(document["resource"]["aws_security_group"])["vpc_id"] == "vpc-0123456789abcdef0"

    def test_two_tiers_are_enough(self) -> None:
        document, _ = existing_network(database_subnet_ids=())
        assert found_subnets(document, "database") == [*EXISTING["private_subnet_ids"]]
        assert {name.split("_")[1] for name in document["data"]["aws_subnet"]} == {"public", "private"}

    def test_subnets_are_found_by_tags_one_in_each_zone(self) -> None:
        document, _ = existing_network(TAGGED)
        found = document["data"]["aws_subnets"]
        assert {name: each["tags"] for name, each in found.items()} == {
            f"network_{tier}_subnets_{zone}": {"Tier": tier} for tier in ("public", "private") for zone in "ab"
        }
        assert found["network_private_subnets_b"]["filter"] == [
            {"name": "vpc-id", "values": ["vpc-0123456789abcdef0"]},
            {"name": "availability-zone", "values": ["us-east-1b"]},
        ]
        (one,) = found["network_private_subnets_b"]["lifecycle"]["postcondition"]
        assert one["condition"] == "${length(self.ids) == 1}"
        private = [f"${{element(data.aws_subnets.network_private_subnets_{zone}.ids, 0)}}" for zone in "ab"]
        assert found_subnets(document, "private") == found_subnets(document, "database") == private

    @pytest.mark.parametrize(("balanced", "other"), [("public", "private"), ("private", "public")])
    def test_a_load_balancer_has_one_subnet_in_each_zone_and_others_are_in_two(self, balanced: str, other: str) -> None:
        three = tuple(f"subnet-3{number}000000" for number in range(3))
        more: dict[str, Any] = {
            f"{tier}_subnet_ids": (*EXISTING[f"{tier}_subnet_ids"], third)
            for tier, third in zip(TIERS, three, strict=True)
        }
        document, _ = existing_network(balanced=balanced, **more)

        def conditions(tier: str) -> list[list[str]]:
            subnets = (document["data"]["aws_subnet"][f"network_{tier}_subnets_{number}"] for number in (1, 2, 3))
            return [[each["condition"] for each in subnet["lifecycle"]["postcondition"][1:]] for subnet in subnets]

        def zone(tier: str, number: int) -> str:
            return f"data.aws_subnet.network_{tier}_subnets_{number}.availability_zone"

        assert conditions(balanced) == [
            [],
            [f"${{!contains([{zone(balanced, 1)}], self.availability_zone)}}"],
            [f"${{!contains([{zone(balanced, 1)}, {zone(balanced, 2)}], self.availability_zone)}}"],
        ]
        two = f"${{length(distinct([{zone(other, 1)}, {zone(other, 2)}, self.availability_zone])) > 1}}"
        assert conditions(other) == [[], [], [two]]

    def test_each_subnet_must_be_in_the_vpc(self) -> None:
        document, _ = existing_network()
        for subnet in document["data"]["aws_subnet"].values():
            condition = subnet["lifecycle"]["postcondition"][0]
            assert condition["condition"] == '${self.vpc_id == "vpc-0123456789abcdef0"}'
            assert subnet["id"] in condition["error_message"]

    def test_a_tag_may_have_no_value(self) -> None:
        tags = {"kubernetes.io/role/elb": ""}
        document, _ = existing_network(TAGGED, public_subnet_tags=tags)
        found = [each["tags"] for name, each in document["data"]["aws_subnets"].items() if "public" in name]
        assert found == [tags] * 2

    def test_the_application_may_have_a_group_that_exists(self) -> None:
        document, outputs = existing_network(application_security_group_id="sg-01234567")
        assert "resource" not in document
        assert outputs.application_security_group_id == "sg-01234567"

    def test_the_application_is_admitted_to_the_endpoints_of_the_vpc(self) -> None:
        document, outputs = existing_network(endpoint_security_group_id="sg-01234567")
        assert outputs.endpoint_security_group_id == "sg-01234567"
        rule = only(document["resource"]["aws_vpc_security_group_ingress_rule"])
        assert (rule["security_group_id"], rule["from_port"], rule["to_port"]) == ("sg-01234567", 443, 443)
        assert rule["referenced_security_group_id"] == "${aws_security_group.network_application.id}"

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"zones": ()}, "zones: got 0 zones to find subnets in: name two or more, as "),
            ({"zones": ("us-east-1a",)}, "zones: got 1 zones to find subnets in: "),
            ({"zones": ("us-east-1a", "us-east-1a")}, "zones: one zone is named twice: "),
            ({"zones": ("us-east-1a", "b")}, "zones: 'b' is no availability zone: "),
            ({"private_subnet_tags": {}}, "private_subnet_tags: has no tag, or one without a key: write tags as "),
            ({"private_subnet_tags": {"": "private"}}, "private_subnet_tags: has no tag, or one without a key: "),
            ({"private_subnet_tags": None}, "private_subnet_ids: needs subnets in two zones, got 0: "),
            (
                {"private_subnet_ids": EXISTING["private_subnet_ids"]},
                "private_subnet_tags: is given beside private_subnet_ids: keep one of the two",
            ),
        ],
    )
    def test_wrong_tags_are_refused(self, changes: dict[str, Any], line: str) -> None:
        validate(ExistingNetworkInputs(**TAGGED))
        with pytest.raises(InvalidInput) as error:
            validate(ExistingNetworkInputs(**{**TAGGED, **changes}))
        assert str(error.value).startswith(line)

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            (
                {"zones": ("us-east-1a", "us-east-1b")},
                "zones: has no effect on subnets that are given by ids: remove it",
            ),
            (
                {"application_security_group_id": "web"},
                "application_security_group_id: 'web' is no security group id: ",
            ),
            (
                {"application_security_group_id": "sg-01234567", "application_egress_ports": (443, 587)},
                "application_egress_ports: has no effect with application_security_group_id: allow them in that group",
            ),
            ({"endpoint_security_group_id": "sg-1"}, "endpoint_security_group_id: 'sg-1' is no security group id: "),
            (
                {"database_subnet_ids": EXISTING["private_subnet_ids"]},
                "database_subnet_ids: subnet-00000000000000011 is in private_subnet_ids too: remove database_subnet",
            ),
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
        ({"private_cidrs": ("10.0.0.0/20",)}, "private_cidrs: got 1 blocks for 3 zones: give one for each zone, in "),
        ({"private_cidrs": ("10.0.0.0/20", "ten", "10.0.32.0/20")}, "private_cidrs: 'ten' is no IPv4 block: "),
        (
            {"private_cidrs": ("10.0.0.0/20", "10.1.0.0/20", "10.0.32.0/20")},
            "private_cidrs: 10.1.0.0/20 is not in 10.0.0.0/16: choose a block of the VPC's",
        ),
        (
            {"database_cidrs": ("10.0.0.0/29", "10.0.0.16/28", "10.0.0.32/28")},
            "database_cidrs: 10.0.0.0/29 is smaller than a /28: choose a /16 to /28",
        ),
        (
            {"public_cidrs": ("10.0.200.0/24", "10.0.200.128/25", "10.0.202.0/24")},
            "public_cidrs: 10.0.200.0/24 and 10.0.200.128/25 overlap: choose blocks that do not",
        ),
        (
            {"database_cidrs": ("10.0.0.0/24", "10.0.200.0/24", "10.0.201.0/24")},
            "database_cidrs: 10.0.0.0/19 and 10.0.0.0/24 overlap: ",
        ),
        (
            {"nat": "none", "interface_endpoints": COMPLETE_ENDPOINTS, "application_egress_ports": (443,)},
            'application_egress_ports: nothing leads to the internet with nat="none": remove it, or choose a nat',
        ),
        (
            {"application_egress_ports": (587,)},
            "application_egress_ports: tasks cannot start without 443, the port of ecr.api, ecr.dkr, logs, ",
        ),
        (
            {"application_egress_ports": (), "interface_endpoints": COMPLETE_ENDPOINTS[1:], "nat": "instance"},
            "application_egress_ports: tasks cannot start without 443, the port of ecr.api: add 443, or these ",
        ),
        ({"zones": ()}, "zones: got 0 zones: name two or three"),
        ({"zones": (*ZONES, "us-east-1d")}, "zones: got 4 zones: name two or three"),
        ({"zones": ("us-east-1a", "us-east-1a")}, "zones: one zone is named twice: "),
        ({"zones": ("us-east-1a", "east")}, "zones: 'east' is no availability zone: "),
        ({"retiring_zones": ZONES[:1]}, "retiring_zones: ('us-east-1a',) are not the last ones of zones, by whose "),
        ({"retiring_zones": ZONES}, "and not all"),
        (
            {"cidr": "10.0.0.0/22"},
            "cidr: a /22 is outside /16 to /20: choose a /16 to /20, or give public_cidrs, private_cidrs and database",
        ),
        (
            {"cidr": "10.0.0.0/26", **dict.fromkeys(("public_cidrs", "private_cidrs", "database_cidrs"), ("it",) * 3)},
            "cidr: a /26 is outside /16 to /25: choose a /16 to /25",
        ),
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
            {"application_egress_ports": tuple(range(443, 502))},
            "application_egress_ports: 59 ports are more than a security group has room for: name up to 58",
        ),
        ({"nat": "instance", "nat_instance_type": "huge"}, "nat_instance_type: 'huge' is no type: "),
        ({"nat": "cheap"}, "nat: got 'cheap': give one of 'gateway_per_zone', "),
        ({"interface_endpoints": ("logs", "logs")}, "interface_endpoints: one endpoint is named twice: "),
        ({"flow_log_retention_days": 10}, "flow_log_retention_days: CloudWatch has no retention of 10 days: "),
        ({"application_egress_ports": (443, 443)}, "application_egress_ports: one port is named twice: "),
        ({"application_egress_ports": (443, 0)}, "application_egress_ports: 0 is no TCP port: "),
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
        {"application_egress_ports": tuple(range(443, 501))},
        {"application_egress_ports": (587,), "interface_endpoints": COMPLETE_ENDPOINTS},
        {"application_egress_ports": (), "interface_endpoints": COMPLETE_ENDPOINTS},
    ],
)
def test_right_inputs_are_accepted(changes: dict[str, Any]) -> None:
    validate(inputs(**changes))


def test_a_full_security_group_has_as_many_rules_as_aws_allows() -> None:
    rules = network(application_egress_ports=tuple(range(443, 501)))["aws_vpc_security_group_egress_rule"].values()
    group = "${aws_security_group.network_application.id}"
    assert sum(rule["security_group_id"] == group for rule in rules) == RULES_PER_SECURITY_GROUP
