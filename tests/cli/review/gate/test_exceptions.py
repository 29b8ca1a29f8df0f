"""What an environment accepts is let pass in its own unit, and an entry of the user's that nothing needs is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cli.review import gate
from cli.review.gate import exceptions
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Plan, UnitPlan

DATABASE = "aws_db_instance.postgresql"
OPEN = Refusal(unit="prod-postgresql", address=DATABASE, rule="protection/backups", message="few: keep more")


def plan(*findings: dict[str, str], name: str = "prod-postgresql") -> UnitPlan:
    comments: dict[str, Any] = {"accepted_findings": list(findings)} if findings else {}
    return UnitPlan(name=name, configuration={"//": comments}, plan=Plan({"resource_changes": []}))


def finding(**changes: str) -> dict[str, str]:
    return {"rule": OPEN.rule, "address": DATABASE, "reason": "It is made of another", **changes}


def left(*findings: dict[str, str], name: str = "prod-postgresql", refusal: Refusal = OPEN) -> list[Refusal]:
    return exceptions.without([refusal], [Unit(plan(*findings, name=name))])


def test_nothing_is_accepted_that_nobody_asks_for() -> None:
    assert left() == [OPEN]


def test_what_an_input_asks_for_and_what_a_user_accepts_is_let_pass() -> None:
    assert left(finding(input="postgresql.backup_days")) == []
    assert left(finding()) == []


@pytest.mark.parametrize("changes", [{"rule": "protection/no-log"}, {"address": "aws_db_instance.other"}])
def test_another_rule_or_address_is_not(changes: dict[str, str]) -> None:
    assert left(finding(**changes)) == [OPEN]


def test_another_unit_is_not() -> None:
    assert left(finding(), name="prod-redis") == [OPEN]


def test_a_star_stands_for_anything_and_a_key_for_itself() -> None:
    keyed = Refusal(unit=OPEN.unit, address='aws_db_instance.it["a"]', rule=OPEN.rule, message=OPEN.message)
    assert left(finding(address="aws_db_instance.*"), refusal=keyed) == []
    assert left(finding(address=keyed.address), refusal=keyed) == []
    assert left(finding(address='aws_db_instance.it["b"]'), refusal=keyed) == [keyed]


@pytest.mark.parametrize(("name", "is_accepted"), [("http", True), ("http_ipv6", True), ("http_0_0_0_0_0", False)])
def test_cloudflares_prefix_lists_of_both_versions_are_accepted_on_port_80(name: str, is_accepted: bool) -> None:
    address = f"aws_vpc_security_group_ingress_rule.load_balancer_security_group_{name}"
    refusal = Refusal(unit="prod-django-service", address=address, rule="CKV_AWS_260", message="open: close")
    assert left(name=refusal.unit, refusal=refusal) == ([] if is_accepted else [refusal])


def service(**source: str) -> Unit:
    """One with a load balancer that admits this source."""
    rule = {"security_group_id": "${aws_security_group.balancer.id}", "from_port": 443, "to_port": 443, **source}
    configured: dict[str, Any] = {
        "aws_lb": {"load_balancer": {"security_groups": ["${aws_security_group.balancer.id}"]}},
        "aws_vpc_security_group_ingress_rule": {"https": rule},
    }
    changes = [
        {
            "address": f"{kind}.{name}",
            "type": kind,
            "name": name,
            "mode": "managed",
            "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": {}},
        }
        for kind, named in configured.items()
        for name, values in named.items()
    ]
    document = Plan({"resource_changes": changes})
    return Unit(UnitPlan(name="prod-django-service", configuration={"resource": configured}, plan=document))


@pytest.mark.parametrize(
    ("source", "is_accepted"),
    [({"prefix_list_id": "pl-1"}, True), ({"cidr_ipv4": "0.0.0.0/0"}, False), ({"cidr_ipv4": "192.0.2.0/24"}, False)],
)
def test_a_load_balancer_goes_without_a_web_acl_only_behind_a_proxy(source: dict[str, str], is_accepted: bool) -> None:
    unit = service(**source)
    balancer = Refusal(unit=unit.name, address="aws_lb.load_balancer", rule="CKV2_AWS_28", message="open: protect it")
    assert exceptions.without([balancer], [unit]) == ([] if is_accepted else [balancer])


def test_an_entry_that_matches_nothing_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.review.gate.checkov.refusals", lambda units: [])
    (refusal,) = gate.refusals([plan(finding())])
    assert str(refusal) == (
        f"prod-postgresql: {DATABASE}: [accepted/unused] accepted_findings has protection/backups, which is not found "
        "there: take the entry out, or correct its rule and address"
    )


def test_what_follows_from_an_input_need_not_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.review.gate.checkov.refusals", lambda units: [])
    assert gate.refusals([plan(finding(input="postgresql.backup_days"))]) == []


def test_what_users_accept_is_listed_with_its_reason_and_what_inputs_ask_for_is_not() -> None:
    assert gate.accepted([plan(finding(), finding(input="postgresql.backup_days", reason="it is 1"))]) == [
        Refusal(unit=OPEN.unit, address=DATABASE, rule=OPEN.rule, message="It is made of another")
    ]


def test_no_entry_is_unused_where_checkov_has_not_looked() -> None:
    failed = Refusal(unit="", address="", rule="checkov/failed", message="it ended: run it")
    assert [*exceptions.unused([failed], [Unit(plan(finding()))])] == []


def test_an_allow_overrules_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.review.gate.checkov.refusals", lambda units: [OPEN])
    found = gate.refusals([plan()], allow=[f"{OPEN.unit}:{OPEN.address}"])
    assert sorted(refusal.rule for refusal in found) == ["allow/unused", "protection/backups"]
