"""The roles of an environment in Route 53 change records of its own zones; those of any other kind of DNS none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import HostnameInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.iam import LONGEST_POLICY
from modules.route53_dns.inputs import Route53DnsInputs
from stacks.config.schema import DnsInputs
from stacks.permissions.scope import calls
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, statements
from tests.stacks.permissions.test_calls import unknown
from tests.support import Json

ZONE, OTHER = (f"arn:aws:route53:::hostedzone/{zone_id}" for zone_id in ("Z0123456789ABCDEFGHIJ", "Z2"))
STATES = "arn:aws:s3:::example-tfstate-333333333333/django/prod"
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:333333333333:listener"
ROUTE53 = Route53DnsInputs(
    zone_id="Z0123456789ABCDEFGHIJ",
    zone_name="example.com",
    record_name="api",
    further_hostnames=(HostnameInputs(hostname="example.net", redirect=True, zone_id="Z2", zone_name="example.net"),),
)
EXTERNAL = ExternalDnsInputs(hostname="api.example.com")
CHANGE = "route53:ChangeResourceRecordSets"


def of(dns: DnsInputs) -> Json:
    return bootstrap(replace(environment(), cloudflare_dns=None, dns=dns))


@pytest.fixture(scope="module")
def unit() -> Json:
    return of(ROUTE53)


@pytest.mark.parametrize("zone", [ZONE, OTHER])
def test_records_of_its_zones_are_read_by_all_and_changed_by_apply(unit: Json, zone: str) -> None:
    for role in ("plan", "drift", "apply"):
        for call in ("GetHostedZone", "ListResourceRecordSets"):
            assert allows(statements(unit, role), f"route53:{call}", zone)
        assert allows(statements(unit, role), CHANGE, zone) is (role == "apply")
    assert allows(statements(unit, "apply"), "route53:GetChange", "arn:aws:route53:::change/C1")


def test_no_other_zone_is_changed(unit: Json) -> None:
    assert not allows(statements(unit, "apply"), CHANGE, "arn:aws:route53:::hostedzone/Z3")
    assert not allows(statements(of(replace(ROUTE53, further_hostnames=())), "apply"), CHANGE, OTHER)


def test_whoever_has_no_zone_there_changes_none() -> None:
    for unit in (bootstrap(environment()), of(EXTERNAL)):
        assert CHANGE not in set(actions(statements(unit, "apply")))
        assert "route53:GetHostedZone" not in set(actions(statements(unit, "plan")))


# As `rpc.method` of the provider's log names its calls from apply to destroy, but for CreateDistributionWithTags, which
# takes the permissions to create and to tag.
CALLS = calls(
    "cloudfront",
    "CreateDistribution DeleteDistribution GetDistribution ListTagsForResource TagResource UpdateDistribution",
)


def test_a_distribution_is_made_and_changed_by_apply_alone_and_only_its_own() -> None:
    unit = bootstrap(replace(environment(), protected=False, cloudflare_dns=None, dns=NoDnsInputs()))
    apply, plan = statements(unit, "apply"), statements(unit, "plan")
    assert set(actions(apply)) >= set(CALLS)
    assert list(unknown(set(actions(apply)))) == []
    assert {each for each in actions(plan) if each.startswith("cloudfront:")} == {
        "cloudfront:GetDistribution",
        "cloudfront:ListTagsForResource",
    }
    distribution = "arn:aws:cloudfront::333333333333:distribution/E1"
    ours = {"aws_ResourceTag_Project": "django", "aws_ResourceTag_Environment": "prod"}
    for call in ("UpdateDistribution", "DeleteDistribution", "UntagResource"):
        assert allows(apply, f"cloudfront:{call}", distribution, **ours)
        assert not allows(apply, f"cloudfront:{call}", distribution, **{**ours, "aws_ResourceTag_Environment": "dev"})
    asked = {"aws_RequestTag_Project": "django", "aws_RequestTag_Environment": "prod"}
    assert allows(apply, "cloudfront:CreateDistribution", distribution)
    assert allows(apply, "cloudfront:TagResource", distribution, **asked)
    assert not allows(apply, "cloudfront:TagResource", distribution, **asked, aws_ResourceTag_Project="other")
    assert all(len(policy["policy"]) <= LONGEST_POLICY for policy in unit["resource"]["aws_iam_policy"].values())


def test_whoever_has_dns_makes_no_distribution() -> None:
    assert not [each for each in actions(statements(bootstrap(environment()), "apply")) if "cloudfront" in each]


def test_the_states_are_those_of_the_units_that_there_are(unit: Json) -> None:
    for role, call in (("plan", "s3:GetObject"), ("apply", "s3:PutObject")):
        assert allows(statements(unit, role), call, f"{STATES}/route53-dns/terraform.tfstate")
        assert not allows(statements(unit, role), call, f"{STATES}/cloudflare-dns/terraform.tfstate")


def test_certificates_and_redirects_of_further_hostnames_are_the_own_listener_s(unit: Json) -> None:
    for call in ("AddListenerCertificates", "CreateRule", "RemoveListenerCertificates"):
        action = f"elasticloadbalancing:{call}"
        assert allows(statements(unit, "apply"), action, f"{LISTENER}/app/django-prod/0/0")
        assert not allows(statements(unit, "apply"), action, f"{LISTENER}/app/django-dev/0/0")
        assert action not in set(actions(statements(of(EXTERNAL), "apply")))
    rule = f"{LISTENER}-rule/app/django-prod/0/0/0"
    assert allows(statements(unit, "apply"), "elasticloadbalancing:DeleteRule", rule)


def test_every_permission_is_one_that_aws_knows_and_fits(unit: Json) -> None:
    for role in ("plan", "apply"):
        assert list(unknown(set(actions(statements(unit, role))))) == []
    assert all(len(policy["policy"]) <= LONGEST_POLICY for policy in unit["resource"]["aws_iam_policy"].values())
