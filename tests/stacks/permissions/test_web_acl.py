"""The roles of an environment make and change its own web ACL, and give it to its own load balancer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.external_dns.inputs import ExternalDnsInputs
from modules.iam import LONGEST_POLICY
from modules.web_acl.inputs import WebAclInputs
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, statements
from tests.stacks.permissions.recorded import calls, denied
from tests.stacks.permissions.test_calls import unknown
from tests.support import Json

WAF = "arn:aws:wafv2:us-east-1:333333333333:regional"
OWN, OTHER = f"{WAF}/webacl/django-prod/0123-abcd", f"{WAF}/webacl/django-dev/0123-abcd"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:333333333333:loadbalancer/app/django-prod/0123"
LOG = "arn:aws:logs:us-east-1:333333333333:log-group:aws-waf-logs-django-prod"
READ = ("GetLoggingConfiguration", "GetWebACL", "ListTagsForResource")
CHANGED = ("CreateWebACL", "DeleteLoggingConfiguration", "DeleteWebACL", "PutLoggingConfiguration", "UpdateWebACL")


def of(acl: WebAclInputs | None = None, name: str = "prod") -> Json:
    """The roles of an environment without a proxy."""
    given = environment(name)
    service = given.django_service
    balancer = replace(service.load_balancer, web_acl=acl)
    changes: dict[str, Any] = {"cloudflare_dns": None, "dns": ExternalDnsInputs(hostname="api.example.com")}
    return bootstrap(replace(given, django_service=replace(service, load_balancer=balancer), **changes))


@pytest.fixture(scope="module")
def unit() -> Json:
    return of()


def test_its_own_web_acl_is_read_by_all_and_changed_by_apply_alone(unit: Json) -> None:
    for role in ("plan", "drift", "apply"):
        found = statements(unit, role)
        for call in (*READ, *CHANGED, "TagResource", "UntagResource"):
            assert allows(found, f"wafv2:{call}", OWN) is (role == "apply" or call in READ), (role, call)
            assert not allows(found, f"wafv2:{call}", OTHER)
        assert allows(found, "logs:ListTagsForResource", LOG)
        assert allows(found, "logs:CreateLogGroup", LOG) is (role == "apply")
        assert not allows(found, "logs:CreateLogGroup", f"{LOG}-eu")


def test_a_web_acl_of_its_own_refers_to_rule_groups_of_aws(unit: Json) -> None:
    rules = f"{WAF}/managedruleset/AWSManagedRulesCommonRuleSet/0123"
    for call in ("CreateWebACL", "UpdateWebACL"):
        assert allows(statements(unit, "apply"), f"wafv2:{call}", rules)
    assert not allows(statements(unit, "apply"), "wafv2:DeleteWebACL", rules)


@pytest.mark.parametrize("acl", [None, WebAclInputs(existing_arn=OTHER)])
def test_a_load_balancer_of_its_own_gets_that_web_acl_alone(acl: WebAclInputs | None) -> None:
    found = of(acl)
    named, not_named = (OTHER, OWN) if acl else (OWN, OTHER)
    for call in ("AssociateWebACL", "DisassociateWebACL"):
        for resource in (named, BALANCER):
            assert allows(statements(found, "apply"), f"wafv2:{call}", resource)
        for resource in (not_named, BALANCER.replace("prod", "dev")):
            assert not allows(statements(found, "apply"), f"wafv2:{call}", resource)
        assert not allows(statements(found, "plan"), f"wafv2:{call}", BALANCER)
    assert allows(statements(found, "apply"), "elasticloadbalancing:SetWebAcl", BALANCER)
    for role in ("plan", "drift", "apply"):
        assert allows(statements(found, role), "wafv2:GetWebACLForResource", BALANCER)
    assert ("wafv2:CreateWebACL" in set(actions(statements(found, "apply")))) is (acl is None)


def test_every_permission_is_one_that_aws_knows_and_fits(unit: Json) -> None:
    for role in ("plan", "apply"):
        assert list(unknown(set(actions(statements(unit, role))))) == []
    assert all(len(policy["policy"]) <= LONGEST_POLICY for policy in unit["resource"]["aws_iam_policy"].values())


@pytest.mark.parametrize("phase", ["apply", "plan", "destroy"])
def test_what_the_provider_calls_is_granted(phase: str) -> None:
    """Recorded of dev with ExternalDnsInputs, as `make local` does, without what has nothing to do with its web ACL."""
    unit = of(name="dev")
    called = calls("web_acl", phase)
    assert called
    for role in ("apply", *(("plan", "drift") if phase == "plan" else ())):
        assert list(denied(statements(unit, role), called)) == []


def test_whoever_has_none_changes_none() -> None:
    assert not [each for each in actions(statements(bootstrap(environment()), "apply")) if "wafv2" in each]
