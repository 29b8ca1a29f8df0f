"""Further hostnames at the load balancer: certificates of their own, and redirects to the main hostname."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from modules.certificate.inputs import CertificateInputs
from modules.dns import HostnameInputs, Zone
from modules.further_hostnames.main import FurtherHostnames
from tests.support import Json, module_json, only

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
ROUTE53 = Zone(provider="route53", id="Z1", name="example.com")
CLOUDFLARE = Zone(provider="cloudflare", id="0" * 32, name="example.com")
NAMES = (
    HostnameInputs(hostname="example.com"),
    HostnameInputs(hostname="example.net", redirect=True, zone_id="Z2", zone_name="example.net"),
)


def resources(zone: Zone | None = ROUTE53, hostnames: Sequence[HostnameInputs] = NAMES, **certificate: Any) -> Json:
    document = module_json(
        lambda stack: FurtherHostnames(
            stack,
            "hostnames",
            hostnames=hostnames,
            main_hostname="www.example.com",
            certificate=CertificateInputs(**certificate),
            zone=zone,
            listener_arn="arn:listener",
            prefix="django-test",
        )
    )
    found: Json = document["resource"]
    return found


def test_each_has_a_certificate_which_the_listener_shows_once_it_is_issued() -> None:
    found = resources()
    zones = {"example.com": "Z1", "example.net": "Z2"}
    certificate, issued = only(found["aws_acm_certificate"]), only(found["aws_acm_certificate_validation"])
    shown = only(found["aws_lb_listener_certificate"])
    assert [each["for_each"] for each in (certificate, issued, shown)] == [zones] * 3
    assert certificate["domain_name"] == "${each.key}"
    assert issued["certificate_arn"] == "${aws_acm_certificate.hostnames_certificate[each.key].arn}"
    assert shown["certificate_arn"] == "${aws_acm_certificate_validation.hostnames_issued[each.key].certificate_arn}"
    assert shown["listener_arn"] == "arn:listener"


@pytest.mark.parametrize(
    ("zone", "kind", "name"),
    [(ROUTE53, "aws_route53_record", "fqdn"), (CLOUDFLARE, "cloudflare_dns_record", "name")],
)
def test_each_is_validated_in_its_own_zone(zone: Zone, kind: str, name: str) -> None:
    found = resources(zone)
    record = only(found[kind])
    assert record["for_each"] == {"example.com": zone.id, "example.net": "Z2"}
    assert record["zone_id"] == "${each.value}"
    issued = only(found["aws_acm_certificate_validation"])
    assert issued["validation_record_fqdns"] == [f"${{{kind}.hostnames_validation[each.key].{name}}}"]


def test_without_a_zone_nobody_makes_records_here() -> None:
    found = resources(None, [HostnameInputs(hostname="example.com")])
    assert found.keys() == {"aws_acm_certificate", "aws_acm_certificate_validation", "aws_lb_listener_certificate"}
    assert "validation_record_fqdns" not in only(found["aws_acm_certificate_validation"])


def test_a_certificate_that_exists_has_their_names_too() -> None:
    assert resources(existing_arn=ARN).keys() == {"aws_lb_listener_rule"}


def test_those_that_redirect_lead_to_the_main_hostname_with_path_and_query() -> None:
    rule = only(resources()["aws_lb_listener_rule"])
    assert rule["condition"] == [{"host_header": {"values": ["example.net"]}}]
    assert only({"": rule["action"][0]})["redirect"] == {
        "host": "www.example.com",
        "path": "/#{path}",
        "query": "#{query}",
        "protocol": "HTTPS",
        "port": "443",
        "status_code": "HTTP_301",
    }


def test_a_rule_has_three_hosts_at_most() -> None:
    hosts = [HostnameInputs(hostname=f"a{number}.example.com", redirect=True) for number in range(4)]
    rules = resources(hostnames=hosts)["aws_lb_listener_rule"]
    hosts_of = {name: rule["condition"][0]["host_header"]["values"] for name, rule in rules.items()}
    assert {name: len(each) for name, each in hosts_of.items()} == {"hostnames_redirect": 3, "hostnames_redirect_2": 1}
    assert [rule["priority"] for rule in rules.values()] == [1001, 1002]


def test_rules_of_two_kinds_of_dns_have_no_priority_in_common() -> None:
    hosts = [HostnameInputs(hostname=f"a{number}.example.com", redirect=True) for number in range(300)]
    found = [
        rule["priority"]
        for zone in (CLOUDFLARE, ROUTE53, None)
        for rule in resources(zone, hosts)["aws_lb_listener_rule"].values()
    ]
    assert len(set(found)) == len(found) == 300
    assert max(found) <= 50000  # the highest that a rule may have


def test_without_a_redirect_there_is_no_rule() -> None:
    assert "aws_lb_listener_rule" not in resources(hostnames=NAMES[:1])
