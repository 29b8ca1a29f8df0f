"""What an override could take from CloudFront in front of a trial is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Plan, UnitPlan
from modules.cloudfront.inputs import CACHE_NOTHING

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
OWN = "${data.aws_ec2_managed_prefix_list.cloudfront-addresses.id}"
DISTRIBUTION = ("aws_cloudfront_distribution", "cloudfront")
HTTP = ("aws_vpc_security_group_ingress_rule", "http")


def found(distribution: dict[str, Any] | None, prefix_list_id: str, *, is_known: bool) -> list[tuple[str, str]]:
    """The addresses and rules that are refused, where the id of the list is known to the plan or not."""
    http = {"prefix_list_id": prefix_list_id, "ip_protocol": "tcp", "from_port": 80, "to_port": 80}
    resources = {HTTP: http} | ({DISTRIBUTION: distribution} if distribution is not None else {})
    changes, configuration = [], dict[str, Any]()
    for (kind, name), configured in resources.items():
        configuration[kind] = {name: configured}
        after, unknown = dict(configured), dict[str, bool]()
        if after.get("prefix_list_id") == OWN:
            after |= {"prefix_list_id": "pl-3b927c52" if is_known else None}
            unknown = {} if is_known else {"prefix_list_id": True}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
        changes.append({"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "change": change})
    plan = UnitPlan(
        name="dev-django-service",
        configuration={"resource": configuration},
        plan=Plan({"resource_changes": changes}),
    )
    refused = [(each.address, each.rule) for each in rules.refusals(Unit(plan))]
    return [each for each in refused if each[1].startswith("cloudfront/")]


def behaviors(default: str | None, **ordered: str) -> dict[str, Any]:
    paths = {"every": "*", "static": "/static/*"}
    further = [{"path_pattern": paths[name], "cache_policy_id": policy} for name, policy in ordered.items()]
    return {"default_cache_behavior": [{"cache_policy_id": default}], "ordered_cache_behavior": further}


@pytest.mark.parametrize(
    ("distribution", "is_refused"),
    [
        (behaviors(CACHE_NOTHING, static=OPTIMIZED), False),
        (behaviors(OPTIMIZED), True),
        (behaviors(None), True),
        (behaviors(CACHE_NOTHING, every=OPTIMIZED), True),
    ],
)
def test_no_page_is_cached(distribution: dict[str, Any], is_refused: bool) -> None:
    expected = [(".".join(DISTRIBUTION), "cloudfront/caches-pages")] if is_refused else []
    assert found(distribution, OWN, is_known=True) == expected


@pytest.mark.parametrize("is_known", [True, False])
def test_no_other_list_is_admitted_over_http(is_known: bool) -> None:
    right = behaviors(CACHE_NOTHING)
    assert found(right, OWN, is_known=is_known) == []
    assert found(right, "pl-0123456789abcdef0", is_known=True) == [(".".join(HTTP), "cloudfront/other-list")]
    assert found(None, "pl-0123456789abcdef0", is_known=True) == []
