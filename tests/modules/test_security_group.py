"""Security groups: closed until a rule opens them, and replaceable while they are in use."""

from __future__ import annotations

import pytest
from cdktf import TerraformStack

from modules.placement import Placement
from modules.security_group import admit, security_group, store_security_group
from tests.support import Json, module_json, only


@pytest.fixture(scope="module")
def resources() -> Json:
    def build(stack: TerraformStack) -> None:
        group = security_group(stack, "group", name="django-test", description="Redis", vpc_id="vpc-0")
        admit(stack, "rule", to=group.id, port=6379, description="The application", security_group_id="sg-1")

    found: Json = module_json(build)["resource"]
    return found


def test_a_group_that_is_in_use_is_replaced_by_a_new_one_first(resources: Json) -> None:
    group = only(resources["aws_security_group"])
    assert group["lifecycle"] == {"create_before_destroy": True}
    assert group["name_prefix"] == "django-test-"
    assert "name" not in group


def test_a_group_has_no_rules_of_its_own(resources: Json) -> None:
    assert {"ingress", "egress"}.isdisjoint(only(resources["aws_security_group"]))


def test_one_peer_is_admitted_on_one_port(resources: Json) -> None:
    rule = only(resources["aws_vpc_security_group_ingress_rule"])
    assert {name: value for name, value in rule.items() if name != "//"} == {
        "security_group_id": "${aws_security_group.group.id}",
        "description": "The application",
        "ip_protocol": "tcp",
        "from_port": 6379,
        "to_port": 6379,
        "referenced_security_group_id": "sg-1",
    }


def test_a_store_admits_the_application_and_who_is_named() -> None:
    placement = Placement(vpc_id="vpc-0", subnet_ids=["subnet-0"], application_security_group_id="sg-1")

    def build(stack: TerraformStack) -> None:
        named = {"security_group_ids": ("sg-2",), "cidrs": ("10.64.0.0/16",)}
        store_security_group(stack, name="it", store="Redis", placement=placement, port=6379, **named)

    rules = module_json(build)["resource"]["aws_vpc_security_group_ingress_rule"]
    assert {name: rule.get("referenced_security_group_id") or rule["cidr_ipv4"] for name, rule in rules.items()} == {
        "application": "sg-1",
        "from_sg_2": "sg-2",
        "from_10_64_0_0_16": "10.64.0.0/16",
    }
    assert {(rule["from_port"], rule["to_port"]) for rule in rules.values()} == {(6379, 6379)}
