"""The certificate unit: a certificate for the environment's hostname, or one that exists."""

from __future__ import annotations

from dataclasses import fields

import pytest

from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.certificate.outputs import CertificateOutputs
from modules.dns import HostnameInputs
from modules.validation import problems
from stacks.units.certificate import CertificateUnit
from tests.support import Json, cloudflare_dns, environment, only, unit_json

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module")
def requested() -> Json:
    return unit_json(lambda app: CertificateUnit(app, environment()))


@pytest.fixture(scope="module")
def existing() -> Json:
    certificate = CertificateInputs(existing_arn=ARN)
    return unit_json(lambda app: CertificateUnit(app, environment(certificate=certificate)))


@pytest.mark.parametrize("document", ["requested", "existing"])
def test_every_output_is_published_under_its_own_name(document: str, request: pytest.FixtureRequest) -> None:
    outputs = request.getfixturevalue(document)["output"]
    assert set(outputs) == {field.name for field in fields(CertificateOutputs)}


def test_the_certificate_is_for_the_hostname_of_the_record(requested: Json) -> None:
    assert only(requested["resource"]["aws_acm_certificate"])["domain_name"] == "api.example.com"
    assert requested["output"]["domain_name"]["value"] == "api.example.com"


def test_it_proves_itself_in_the_zone_of_the_record(requested: Json) -> None:
    assert only(requested["resource"]["cloudflare_dns_record"])["zone_id"] == "0" * 32
    assert set(requested["provider"]) == {"aws", "cloudflare"}


def test_the_listener_gets_the_arn_only_once_the_certificate_is_issued(requested: Json) -> None:
    arn = requested["output"]["certificate_arn"]["value"]
    assert arn == "${aws_acm_certificate_validation.certificate_issued.certificate_arn}"


def test_a_certificate_that_exists_is_passed_on_without_any_resource(existing: Json) -> None:
    assert existing["output"]["certificate_arn"]["value"] == ARN
    assert not {"resource", "data"} & existing.keys()


def test_the_providers_stay_beside_one_that_exists_or_what_retired_is_deleted_in_no_region(
    requested: Json, existing: Json
) -> None:
    """The state holds the requested one until the deployment after that which names it in `retiring`."""
    assert existing["provider"] == requested["provider"]
    assert existing["terraform"]["required_providers"] == requested["terraform"]["required_providers"]


def test_one_that_retires_leaves_the_record_of_a_further_hostname_to_the_unit_of_dns() -> None:
    """The main hostname is renamed, and its old name redirects: Cloudflare takes the record that ACM asks for once."""
    retiring = RetiringCertificateInputs(hostname="old.example.com", subject_alternative_names=("www.example.com",))
    redirect = HostnameInputs(hostname="old.example.com", redirect=True)
    there = environment(
        certificate=CertificateInputs(version=2, retiring=retiring),
        cloudflare_dns=cloudflare_dns(further_hostnames=(redirect,)),
    )
    assert list(problems(there)) == []
    document = unit_json(lambda app: CertificateUnit(app, there))
    records = only(document["resource"]["cloudflare_dns_record"])
    assert records["for_each"].endswith(' : name => options if !contains(["old.example.com"], name)}}')
    waits_for = only(document["resource"]["aws_acm_certificate_validation"])["validation_record_fqdns"]
    assert "certificate_version_2.domain_validation_options" in waits_for
    assert "certificate.domain_validation_options" not in waits_for


def test_one_that_retires_beside_one_that_exists_needs_its_providers() -> None:
    retiring = RetiringCertificateInputs(hostname="api.example.com")
    there = environment(certificate=CertificateInputs(existing_arn=ARN, retiring=retiring))
    document = unit_json(lambda app: CertificateUnit(app, there))
    assert set(document["provider"]) == {"aws", "cloudflare"}
    assert document["output"]["certificate_arn"]["value"] == ARN
    assert only(document["resource"]["aws_acm_certificate"])["domain_name"] == "api.example.com"
