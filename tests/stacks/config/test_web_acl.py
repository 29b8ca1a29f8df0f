"""Which load balancers have a web ACL, and what of one does not go together with the rest of an environment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.cloudfront.inputs import NoDnsInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.validation import line, problems
from modules.web_acl.inputs import WebAclInputs
from stacks.config.findings import AcceptedFinding, accepted
from stacks.config.schema import Environment
from tests.configurations import changed
from tests.support import cloudflare_dns, environment

EXTERNAL = ExternalDnsInputs(hostname="api.example.com")
EXISTING = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/company/0123-abcd"
FIELD = "django_service.load_balancer.web_acl"
HEADER = WebAclInputs(client_ip_header="True-Client-IP")


def of(dns: object = EXTERNAL, *, findings: tuple[AcceptedFinding, ...] = (), **balancer: Any) -> Environment:
    given = environment(cloudflare_dns=None, dns=dns, accepted_findings=findings)
    made: Environment = changed(given, ("django_service", "load_balancer"), LoadBalancerInputs(**balancer))
    return made


def lines(of: Environment) -> list[str]:
    return list(map(line, problems(of)))


@pytest.mark.parametrize(
    ("dns", "balancer", "has_one"),
    [
        (EXTERNAL, {}, True),
        (Route53DnsInputs(zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com", record_name="api"), {}, True),
        (cloudflare_dns(proxied=False), {}, True),
        (EXTERNAL, {"allowed_cidrs": ("192.0.2.0/24",)}, True),
        (EXTERNAL, {"internal": True}, False),
        (cloudflare_dns(), {}, False),
        (NoDnsInputs(), {}, False),
    ],
)
def test_a_load_balancer_has_one_where_nothing_else_stands_in_front(
    dns: object, balancer: dict[str, Any], has_one: bool
) -> None:
    it = of(dns, **balancer)
    assert it.web_acl == (WebAclInputs() if has_one else None)
    assert lines(it) == []
    assert of(dns, **balancer, web_acl="none").web_acl is None


def test_one_that_is_asked_for_is_there_in_any_place() -> None:
    asked = WebAclInputs(count_only=True)
    for it in (of(internal=True, web_acl=asked), of(cloudflare_dns(), web_acl=asked)):
        assert it.web_acl == asked
        assert lines(it) == []


def test_visitors_are_counted_by_the_header_of_the_proxy_in_front() -> None:
    assert of().client_ip_header is None
    assert of(cloudflare_dns(), web_acl=WebAclInputs()).client_ip_header == "CF-Connecting-IP"
    assert of(allowed_cidrs=("192.0.2.0/24",), web_acl=HEADER).client_ip_header == "True-Client-IP"


def test_none_is_accepted_with_a_reason_where_nothing_else_stands_in_front() -> None:
    (problem,) = lines(of(web_acl="none"))
    assert problem == (
        f'{FIELD}: is "none", and nothing else stands in front of the load balancer: remove it, or accept CKV2_AWS_28 '
        "at aws_lb.load_balancer of django-service in accepted_findings with a reason"
    )
    finding = AcceptedFinding(
        unit="django-service", rule="CKV2_AWS_28", address="aws_lb.load_balancer", reason="Fastly has a firewall"
    )
    assert lines(of(web_acl="none", findings=(finding,))) == []
    assert lines(of(web_acl="none", findings=(replace(finding, address="aws_lb.other"),))) == [problem]
    for it in (of(internal=True, web_acl="none"), of(cloudflare_dns(), web_acl="none")):
        assert lines(it) == []


@pytest.mark.parametrize("place", ["eu-central-1:123456789012", "us-east-1:210987654321"])
def test_one_that_exists_is_of_the_region_and_the_account_of_the_load_balancer(place: str) -> None:
    other = EXISTING.replace("us-east-1:123456789012", place)
    (problem,) = lines(of(web_acl=WebAclInputs(existing_arn=other)))
    assert problem.startswith(f"{FIELD}.existing_arn: the web ACL is not of us-east-1 in 123456789012")
    assert lines(of(web_acl=WebAclInputs(existing_arn=EXISTING))) == []


def test_behind_cloudfront_none_is_made_because_all_visitors_would_be_few_addresses() -> None:
    (problem,) = lines(of(NoDnsInputs(), web_acl=WebAclInputs()))
    assert problem.startswith(f"{FIELD}: counts requests of an address, and no header of CloudFront has")
    assert lines(of(NoDnsInputs(), web_acl=WebAclInputs(existing_arn=EXISTING))) == []


def test_a_header_is_trusted_only_where_nobody_comes_past_the_proxy() -> None:
    (problem,) = lines(of(web_acl=HEADER))
    assert problem.startswith(f"{FIELD}.client_ip_header: everybody reaches the load balancer past the proxy")
    for balancer in (
        {"allowed_cidrs": ("192.0.2.0/24",)},
        {"security_group_id": "sg-0123456789abcdef0"},
        {"internal": True},
    ):
        assert lines(of(web_acl=HEADER, **balancer)) == []


def test_the_gate_lets_a_proxy_and_a_web_acl_that_counts_pass_by_their_inputs() -> None:
    def rules(it: Environment) -> list[tuple[str, str]]:
        return [
            (each["rule"], each["input"]) for each in accepted(it, "django-service") if "load_balancer" in str(each)
        ]

    group: dict[str, Any] = {"security_group_id": "sg-0123456789abcdef0"}
    behind = ("CKV2_AWS_28", "django_service.load_balancer.security_group_id")
    assert rules(of(cloudflare_dns(), **group)) == [behind]
    assert rules(of(**group)) == []
    assert rules(of(cloudflare_dns(), **group, web_acl=WebAclInputs())) == []
    assert rules(of(web_acl=WebAclInputs(count_only=True))) == [("CKV_AWS_192", f"{FIELD}.count_only")]
