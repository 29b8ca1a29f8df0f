"""The unit of each kind of DNS: what it makes, and what it has nothing to do with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import DnsRecordInputs, HostnameInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.network.inputs import NetworkInputs
from modules.route53_dns.inputs import Route53DnsInputs
from stacks.config.health_inputs import HealthInputs
from stacks.config.schema import DnsInputs, Environment
from stacks.django_backend import compose
from tests.support import Json, cloudflare_dns, environment, only, read_output

LISTENER = "${data.terraform_remote_state.django_service.outputs.alb_https_listener_arn}"
LOAD_BALANCER = "${data.terraform_remote_state.django_service.outputs.alb_dns_name}"
ROUTE53 = Route53DnsInputs(zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com", record_name="api")
EXTERNAL = ExternalDnsInputs(hostname="api.example.com")
FURTHER = (HostnameInputs(hostname="www.example.com", redirect=True), HostnameInputs(hostname="example.com"))


def of(dns: DnsInputs, **changes: Any) -> Environment:
    return environment(cloudflare_dns=None, dns=dns, **changes)


_composed: dict[str, dict[str, Json]] = {}


def units(given: Environment) -> dict[str, Json]:
    """Its units, which are composed once for all tests of this file."""
    if repr(given) not in _composed:
        app = Testing.app()
        compose(app, given)
        app.synth()
        documents = read_output(Path(app.outdir))
        _composed[repr(given)] = {name.removeprefix("test-"): document for name, document in documents}
    return _composed[repr(given)]


def with_hostnames(dns: Any) -> Any:
    return replace(dns, further_hostnames=FURTHER)


CLOUDFLARE = environment().dns_inputs


class TestRoute53:
    def test_nothing_of_cloudflare_is_in_such_an_environment(self) -> None:
        for name, document in units(of(with_hostnames(ROUTE53))).items():
            assert "cloudflare" not in json.dumps(document), name

    def test_the_hostname_is_an_alias_of_the_load_balancer(self) -> None:
        unit = units(of(ROUTE53))["route53-dns"]
        assert only(unit["resource"]["aws_route53_record"])["alias"] == {
            "name": LOAD_BALANCER,
            "zone_id": "${data.terraform_remote_state.django_service.outputs.alb_zone_id}",
            "evaluate_target_health": False,
        }

    @pytest.mark.parametrize(("kind", "types"), [("ipv4", {"A"}), ("dualstack", {"A", "AAAA"})])
    def test_it_is_found_by_ipv6_where_the_load_balancer_speaks_it(self, kind: str, types: set[str]) -> None:
        service = environment().django_service
        balancer = LoadBalancerInputs(ip_address_type=kind)  # type: ignore[arg-type]
        network = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b"), ipv6=kind == "dualstack")
        there = of(ROUTE53, network=network, django_service=replace(service, load_balancer=balancer))
        records = units(there)["route53-dns"]["resource"]["aws_route53_record"].values()
        assert {record["type"] for record in records} == types

    def test_the_certificate_is_validated_in_the_same_zone(self) -> None:
        unit = units(of(ROUTE53))["certificate"]
        record = only(unit["resource"]["aws_route53_record"])
        assert record["zone_id"] == "Z0123456789ABCDEFGHIJ"
        assert record["records"] == ["${each.value[0].resource_record_value}"]
        issued = only(unit["resource"]["aws_acm_certificate_validation"])
        names = "${[for record in aws_route53_record.certificate_validation : record.fqdn]}"
        assert issued["validation_record_fqdns"] == names
        assert unit["output"].keys() == {"certificate_arn", "domain_name"}


class TestExternal:
    def test_what_is_to_be_made_is_an_output(self) -> None:
        unit = units(of(with_hostnames(EXTERNAL)))["external-dns"]
        assert unit["output"]["records"]["value"] == [
            f"api.example.com CNAME {LOAD_BALANCER}",
            f"www.example.com CNAME {LOAD_BALANCER}",
            f"example.com CNAME {LOAD_BALANCER}",
        ]
        assert "aws_acm_certificate.hostnames_certificate" in unit["output"]["validation_records"]["value"]

    def test_without_further_hostnames_it_has_no_resource_and_no_provider(self) -> None:
        unit = units(of(EXTERNAL))["external-dns"]
        assert not {"resource", "provider"} & unit.keys()
        assert unit["output"]["validation_records"]["value"] == []

    def test_the_certificate_is_requested_and_waited_for_and_says_how_it_is_validated(self) -> None:
        unit = units(of(EXTERNAL))["certificate"]
        assert unit["resource"].keys() == {"aws_acm_certificate", "aws_acm_certificate_validation"}
        assert list(unit["provider"]) == ["aws"]
        assert "validation_record_fqdns" not in only(unit["resource"]["aws_acm_certificate_validation"])
        parts = "${option.resource_record_name} ${option.resource_record_type} ${option.resource_record_value}"
        options = "aws_acm_certificate.certificate.domain_validation_options"
        records = f'${{sort(distinct([for option in {options} : "{parts}"]))}}'
        assert unit["output"]["validation_records"]["value"] == records

    def test_everybody_reaches_the_load_balancer(self) -> None:
        unit = units(of(EXTERNAL))["django-service"]
        assert "aws_ec2_managed_prefix_list" not in unit["resource"]


DRAWN = "${aws_cloudfront_distribution.cloudfront.domain_name}"


@pytest.fixture(scope="module")
def without_dns() -> dict[str, Json]:
    service = environment().django_service
    health = HealthInputs(codes="200-499", path="/health/live/")
    variables = {"ORIGINS": "{URL}", "NAME": "{HOSTNAME}", "PROXY_HEADER": "{FORWARDED_PROTO_HEADER}"}
    application = replace(service.application, health=health, variables=variables)
    return units(of(NoDnsInputs(), django_service=replace(service, application=application)))


class TestNone:
    def test_there_is_neither_a_unit_of_dns_nor_a_certificate(self, without_dns: dict[str, Json]) -> None:
        assert {*without_dns} == {*of(NoDnsInputs()).units} == {"network", "postgresql", "redis", "django-service"}

    def test_visitors_speak_https_to_cloudfront_and_nothing_is_cached(self, without_dns: dict[str, Json]) -> None:
        distribution = only(without_dns["django-service"]["resource"]["aws_cloudfront_distribution"])
        behavior = distribution["default_cache_behavior"]
        assert behavior["viewer_protocol_policy"] == "redirect-to-https"
        assert behavior["cache_policy_id"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
        # AllViewerAndCloudFrontHeaders-2022-06: the Host header, and that by which Django knows HTTPS
        assert behavior["origin_request_policy_id"] == "33f36d7e-f396-46d9-90e0-52428a34d9dc"
        (origin,) = distribution["origin"]
        assert origin["domain_name"] == "${aws_lb.load_balancer.dns_name}"
        assert origin["custom_origin_config"]["origin_protocol_policy"] == "http-only"

    def test_nobody_but_cloudfront_reaches_the_load_balancer(self, without_dns: dict[str, Json]) -> None:
        document = without_dns["django-service"]
        rules = document["resource"]["aws_vpc_security_group_ingress_rule"]
        assert rules["load_balancer_security_group_http"]["prefix_list_id"] == (
            "${data.aws_ec2_managed_prefix_list.cloudfront_addresses.id}"
        )
        assert not {"cidr_ipv4", "cidr_ipv6"} & {key for rule in rules.values() for key in rule}
        assert only(document["data"]["aws_ec2_managed_prefix_list"])["name"] == (
            "com.amazonaws.global.cloudfront.origin-facing"
        )

    def test_tasks_know_the_name_that_is_drawn_and_how_they_know_https(self, without_dns: dict[str, Json]) -> None:
        for task in without_dns["django-service"]["resource"]["aws_ecs_task_definition"].values():
            container = json.loads(task["container_definitions"])[0]
            variables = {each["name"]: each["value"] for each in container["environment"]}
            assert variables["DJANGO_ALLOWED_HOSTS"] == variables["NAME"] == DRAWN
            assert variables["ORIGINS"] == f"https://{DRAWN}"
            assert variables["PROXY_HEADER"] == variables["FORWARDED_PROTO_HEADER"] == "HTTP_CLOUDFRONT_FORWARDED_PROTO"

    def test_two_proxies_name_the_visitor_s_address(self, without_dns: dict[str, Json]) -> None:
        web = without_dns["django-service"]["resource"]["aws_ecs_task_definition"]["web_task"]
        (container, *_) = json.loads(web["container_definitions"])
        assert {"name": "TRUSTED_PROXIES", "value": "2"} in container["environment"]

    def test_the_container_is_asked_as_cloudfront_asks(self, without_dns: dict[str, Json]) -> None:
        web = without_dns["django-service"]["resource"]["aws_ecs_task_definition"]["web_task"]
        (container, *_) = json.loads(web["container_definitions"])
        asked = f"headers={{'Host': '{DRAWN}', 'CloudFront-Forwarded-Proto': 'https'}}"
        assert asked in container["healthCheck"]["command"][-1]

    def test_its_url_is_an_output(self, without_dns: dict[str, Json]) -> None:
        assert without_dns["django-service"]["output"]["url"]["value"] == f"https://{DRAWN}"


@pytest.mark.parametrize("dns", [CLOUDFLARE, ROUTE53, EXTERNAL], ids=lambda dns: type(dns).__name__)
class TestFurtherHostnames:
    def test_each_is_answered_by_django_unless_it_redirects(self, dns: DnsInputs) -> None:
        given = of(with_hostnames(dns))
        assert given.allowed_hosts == ("api.example.com", "example.com")
        for task in units(given)["django-service"]["resource"]["aws_ecs_task_definition"].values():
            (container,) = json.loads(task["container_definitions"])
            assert {"name": "DJANGO_ALLOWED_HOSTS", "value": "api.example.com,example.com"} in container["environment"]

    def test_their_certificates_and_redirects_are_the_listener_s(self, dns: DnsInputs) -> None:
        found = units(of(with_hostnames(dns)))
        resources = found[str(of(dns).dns_unit)]["resource"]
        assert only(resources["aws_lb_listener_certificate"])["listener_arn"] == LISTENER
        assert only(resources["aws_lb_listener_rule"])["listener_arn"] == LISTENER
        assert found["django-service"]["output"]["alb_https_listener_arn"]["value"] == (
            "${aws_lb_listener.load_balancer_https.arn}"
        )

    def test_without_any_nothing_is_published_for_them(self, dns: DnsInputs) -> None:
        found = units(of(dns))
        assert "alb_https_listener_arn" not in found["django-service"]["output"]
        assert not {"aws_lb_listener_certificate", "aws_lb_listener_rule"} & (
            found[str(of(dns).dns_unit)].get("resource", {}).keys()
        )


def test_further_records_at_cloudflare_are_one_for_each_value() -> None:
    records = (
        DnsRecordInputs(name="@", type="MX", values=("10 a.example.org", "20 b.example.org")),
        DnsRecordInputs(name="_dmarc", type="TXT", values=("v=DMARC1",), ttl=600),
    )
    unit = units(of(cloudflare_dns(further_records=records)))["cloudflare-dns"]
    further = unit["resource"]["cloudflare_dns_record"]["record_further"]
    assert further["proxied"] is False
    assert further["for_each"] == {
        f"example.com MX {priority} {name}.example.org": {
            "name": "example.com",
            "type": "MX",
            "ttl": 300,
            "priority": priority,
            "content": f"{name}.example.org",
        }
        for priority, name in ((10, "a"), (20, "b"))
    } | {
        "_dmarc.example.com TXT v=DMARC1": {
            "name": "_dmarc.example.com",
            "type": "TXT",
            "ttl": 600,
            "content": '"v=DMARC1"',
        }
    }


def test_a_further_hostname_at_cloudflare_is_proxied_as_the_main_one_is() -> None:
    for proxied in (True, False):
        dns = cloudflare_dns(proxied=proxied, further_hostnames=FURTHER)
        record = units(of(dns))["cloudflare-dns"]["resource"]["cloudflare_dns_record"]["record_hostnames"]
        assert record["depends_on"] == ["cloudflare_dns_record.record"]
        assert record["for_each"] == {"www.example.com": "0" * 32, "example.com": "0" * 32}
        assert (record["type"], record["content"], record["proxied"]) == ("CNAME", LOAD_BALANCER, proxied)
