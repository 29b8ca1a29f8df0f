"""What is deployed already is judged by what is configured, as it was at first, and not by what AWS answers."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from cli.review import gate
from cli.review.gate import computed
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.plans import Plans

GROUP = "aws_security_group.network_nat_security_group"
ANYWHERE = {"cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "to_port": 0, "protocol": "-1"}


def deployed(plan: UnitPlan, **read_back: Json) -> UnitPlan:
    """The second plan of a unit, with what the provider has read back of some resources."""
    second = deepcopy(plan.plan.document)
    for change in second["resource_changes"]:
        if change["mode"] == "managed":
            after = {**change["change"]["after"], **read_back.get(change["address"].replace(".", "__"), {})}
            change["change"] |= {"actions": ["no-op"], "before": after, "after": after, "after_unknown": {}}
    for resource in second["planned_values"]["root_module"].get("resources", ()):
        read = read_back.get(resource["address"].replace(".", "__"), {})
        resource["values"] = {**resource.get("values", {}), **read}
    return replace(plan, plan=Plan(second))


def test_what_the_provider_reads_back_is_not_refused(plans: Plans) -> None:
    second = deployed(
        plans["dev-network"],
        aws_security_group__network_nat_security_group={"egress": [ANYWHERE]},
        aws_instance__network_nat={
            "associate_public_ip_address": True,
            "metadata_options": [{"http_tokens": "optional", "http_endpoint": "enabled"}],
        },
    )
    assert gate.refusals([second]) == []


def test_what_is_configured_stays_in_the_plan_and_so_does_what_is_off(plans: Plans) -> None:
    second = deployed(plans["dev-network"], aws_security_group__network_nat_security_group={"egress": [ANYWHERE]})
    found = computed.without(second).plan.document
    (group,) = [each for each in found["resource_changes"] if each["address"] == GROUP]
    assert "egress" not in group["change"]["after"]
    assert group["change"]["after"]["description"]
    assert group["change"]["after"]["revoke_rules_on_delete"] in (False, None)


def test_a_first_plan_is_left_as_it_is(plans: Plans) -> None:
    assert computed.without(plans["dev-network"]).plan == plans["dev-network"].plan


def test_a_resource_of_which_nothing_is_known_yet_is_left_as_it_is() -> None:
    resource = {"address": "aws_iam_role_policy.a", "mode": "managed", "type": "aws_iam_role_policy", "name": "a"}
    plan = Plan({"planned_values": {"root_module": {"resources": [resource]}}})
    found = computed.without(UnitPlan(name="dev-network", configuration={}, plan=plan)).plan
    assert [(each.address, each.values) for each in found.after] == [("aws_iam_role_policy.a", {})]
