"""Security groups: closed until a rule opens them, and replaceable while they are in use."""

from __future__ import annotations

import pytest
from cdktf import TerraformStack

from modules.security_group import admit, security_group
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
