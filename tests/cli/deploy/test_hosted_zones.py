"""A hosted zone that is not what the environment says is named before a deployment begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy import prerequisites
from modules.certificate.inputs import CertificateInputs
from modules.dns import HostnameInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.validation import Example
from stacks.config.schema import Environment
from tests.support import environment

pytestmark = pytest.mark.thorough

ABSENT = "Z0123456789ABCDEFGHIJ"


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        with mock_aws():
            yield boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")


def create(session: boto3.Session, name: str, *, is_private: bool = False) -> str:
    given: dict[str, Any] = {"HostedZoneConfig": {"Comment": "", "PrivateZone": is_private}}
    if is_private:
        given["VPC"] = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
    made = session.client("route53").create_hosted_zone(Name=name, CallerReference=name, **given)
    return str(made["HostedZone"]["Id"].rpartition("/")[2])


def of(zone_id: str, *further: HostnameInputs) -> Environment:
    dns = Route53DnsInputs(zone_id=zone_id, zone_name="example.com", record_name="api", further_hostnames=further)
    return environment(cloudflare_dns=None, dns=dns)


def test_zones_that_are_there_are_right(session: boto3.Session) -> None:
    other = HostnameInputs(hostname="example.net", zone_id=create(session, "example.net."), zone_name="example.net")
    assert [*prerequisites.zones(of(create(session, "example.com."), other), session)] == []


def test_one_that_is_not_there_is_named_and_so_is_that_of_a_further_hostname(session: boto3.Session) -> None:
    other = HostnameInputs(hostname="example.net", zone_id=ABSENT, zone_name="example.net")
    (line,) = prerequisites.zones(of(create(session, "example.com."), other), session)
    assert line == f"dns: the hosted zone {ABSENT}: is not in this account: create it, or correct zone_id"


def test_one_of_another_name_is_told(session: boto3.Session) -> None:
    zone_id = create(session, "example.org.")
    (line,) = prerequisites.zones(of(zone_id), session)
    assert line == f"dns: the hosted zone {zone_id}: is example.org, not example.com: correct one of them"


def test_a_private_one_is_told(session: boto3.Session) -> None:
    (line,) = prerequisites.zones(of(create(session, "example.com.", is_private=True)), session)
    assert "is private, so nobody on the internet finds its names: name a public one" in line


def test_names_for_a_vpc_may_be_in_one_where_the_certificate_exists(session: boto3.Session) -> None:
    given = of(create(session, "example.com.", is_private=True))
    service = given.django_service
    balancer = replace(service.load_balancer, internal=True)
    internal = replace(given, django_service=replace(service, load_balancer=balancer))
    assert len([*prerequisites.zones(internal, session)]) == 1, "ACM validates none there"
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    existing = replace(internal, certificate=CertificateInputs(existing_arn=arn))
    assert [*prerequisites.zones(existing, session)] == []


def test_nobody_is_asked_about_an_example_or_where_dns_is_elsewhere() -> None:
    nowhere: boto3.Session = None  # type: ignore[assignment]
    assert [*prerequisites.zones(of(Example(ABSENT)), nowhere)] == []
    assert [*prerequisites.zones(environment(), nowhere)] == []
