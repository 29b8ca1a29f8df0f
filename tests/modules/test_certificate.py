"""The certificate module: one record for each name, and an ARN that is known only once it is issued."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.certificate.main import Certificate
from modules.dns import Zone
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
NAMES = "subject_alternative_names"


def certificate(domain_name: str = "api.example.com", **inputs: Any) -> Json:
    document = module_json(
        lambda stack: Certificate(
            stack,
            "certificate",
            inputs=CertificateInputs(**inputs),
            prefix="django-test",
            domain_name=domain_name,
            zone=Zone(provider="cloudflare", id="0" * 32, name="example.com"),
        )
    )
    resources: Json = document["resource"]
    return resources


@pytest.fixture(scope="module")
def resources() -> Json:
    return certificate(subject_alternative_names=("*.example.com", "example.com"))


class TestCertificate:
    def test_it_is_for_the_hostname_and_the_names_beside_it(self, resources: Json) -> None:
        request = only(resources["aws_acm_certificate"])
        assert request["domain_name"] == "api.example.com"
        assert request["subject_alternative_names"] == ["*.example.com", "example.com"]
        assert request["validation_method"] == "DNS"

    def test_its_successor_is_issued_before_it_goes(self, resources: Json) -> None:
        assert only(resources["aws_acm_certificate"])["lifecycle"] == {"create_before_destroy": True}

    @pytest.mark.parametrize("algorithm", ["RSA_2048", "EC_prime256v1"])
    def test_its_key_is_of_the_chosen_algorithm(self, algorithm: str) -> None:
        request = only(certificate(key_algorithm=algorithm)["aws_acm_certificate"])
        assert request["key_algorithm"] == algorithm


class TestRetiring:
    RETIRING = RetiringCertificateInputs(hostname="www.example.com", subject_alternative_names=("*.example.com",))

    def test_the_one_that_retires_keeps_its_address_beside_the_new_one(self) -> None:
        old = certificate("www.example.com", subject_alternative_names=("*.example.com",))["aws_acm_certificate"]
        found = certificate(version=2, retiring=self.RETIRING)
        assert found["aws_acm_certificate"]["certificate"] == old["certificate"]
        assert found["aws_acm_certificate"]["certificate_version_2"]["domain_name"] == "api.example.com"
        arn = only(found["aws_acm_certificate_validation"])["certificate_arn"]
        assert arn == "${aws_acm_certificate.certificate_version_2.arn}"
        assert certificate(version=2)["aws_acm_certificate"].keys() == {"certificate_version_2"}

    def test_beside_one_that_exists_it_keeps_its_records(self) -> None:
        found = certificate(existing_arn=ARN, retiring=self.RETIRING)
        assert found.keys() == {"aws_acm_certificate", "cloudflare_dns_record"}

    @pytest.mark.parametrize(
        ("inputs", "line"),
        [
            ({"retiring": RETIRING}, "retiring: its version 1 is not below 1, that of the new certificate: set "),
            ({"version": 0}, "version: got 0: count up from 1"),
            (
                {"version": 2, "retiring": RetiringCertificateInputs(hostname="www.example.org")},
                "retiring: 'www.example.org' is not in the zone 'example.com', where its record must stand: keep the",
            ),
            (
                {"version": 2, "retiring": RetiringCertificateInputs(hostname="https://example.com")},
                "retiring.hostname: 'https://example.com' is not a domain name: ",
            ),
            (
                {
                    "version": 2,
                    "retiring": RetiringCertificateInputs(hostname="example.com", subject_alternative_names=("a b",)),
                },
                "retiring.subject_alternative_names: 'a b' is no domain name: ",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, inputs: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            certificate(**inputs)
        assert line in str(error.value)

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            (
                {"hostname": f"{'a' * 60}.example.com"},
                "hostname: ACM requests no certificate for a name of 72 characters: give the first name of the",
            ),
            ({NAMES: ("www.example.com",)}, f"{NAMES}: 'www.example.com' is the certificate's name anyway: remove it"),
            ({NAMES: ("a.example.com", "a.example.com")}, f"{NAMES}: one name is given twice: give each name once"),
            (
                {NAMES: tuple(f"a{number}.example.com" for number in range(100))},
                f"{NAMES}: 101 names are more than 100 of ACM",
            ),
        ],
    )
    def test_it_is_one_that_acm_can_have_issued(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(replace(self.RETIRING, **changes))
        assert line in str(error.value)


class TestValidation:
    def test_a_wildcard_and_the_name_that_it_hangs_from_share_one_record(self, resources: Json) -> None:
        each = only(resources["cloudflare_dns_record"])["for_each"]
        options = "aws_acm_certificate.certificate.domain_validation_options"
        assert each == f'${{{{for option in {options} : trimprefix(option.domain_name, "*.") => option...}}}}'

    def test_the_dot_at_the_end_of_names_of_acm_is_dropped_as_cloudflare_drops_it(self, resources: Json) -> None:
        record = only(resources["cloudflare_dns_record"])
        assert record["name"] == '${trimsuffix(each.value[0].resource_record_name, ".")}'
        assert record["content"] == '${trimsuffix(each.value[0].resource_record_value, ".")}'

    def test_the_record_is_not_proxied_or_acm_would_not_find_it(self, resources: Json) -> None:
        record = only(resources["cloudflare_dns_record"])
        assert record["proxied"] is False
        assert (record["type"], record["ttl"], record["zone_id"]) == ("CNAME", 60, "0" * 32)

    def test_a_comment_fits_the_free_plan_with_the_longest_prefix(self, resources: Json) -> None:
        comment = only(resources["cloudflare_dns_record"])["comment"]
        assert len(comment.replace("django-test", "x" * 25)) <= 100

    def test_it_waits_for_all_records(self, resources: Json) -> None:
        wait = only(resources["aws_acm_certificate_validation"])
        assert wait["certificate_arn"] == "${aws_acm_certificate.certificate.arn}"
        records = "${[for record in cloudflare_dns_record.certificate_validation : record.name]}"
        assert wait["validation_record_fqdns"] == records

    @pytest.mark.parametrize(
        ("inputs", "names"),
        [
            (CertificateInputs(), {"api.example.com"}),
            (
                CertificateInputs(subject_alternative_names=("*.example.com", "example.com")),
                {"api.example.com", "example.com"},
            ),
            (CertificateInputs(existing_arn=ARN), set()),
        ],
    )
    def test_the_names_that_get_a_record_are_known_before_synthesis(
        self, inputs: CertificateInputs, names: set[str]
    ) -> None:
        assert inputs.validated_names("api.example.com") == names


NO_NAME = 'is no domain name: write "www.example.com" or "*.example.com", in lower case and Punycode'
NO_ARN = "is no ARN of a certificate of ACM: give it as arn:aws:acm:<region>:<account>:certificate/<id>"


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            ({"existing_arn": "certificate"}, f"existing_arn: 'certificate' {NO_ARN}"),
            ({"existing_arn": ARN.replace("acm", "iam")}, NO_ARN),
            ({"existing_arn": ARN.replace("us-east-1", "")}, NO_ARN),
            (
                {"existing_arn": ARN, NAMES: ("www.example.com",)},
                f"{NAMES}: an existing certificate has its names already: remove them, or existing_arn",
            ),
            ({NAMES: ("www",)}, f"{NAMES}: 'www' {NO_NAME}"),
            ({NAMES: ("WWW.example.com",)}, NO_NAME),
            ({NAMES: ("www.*.example.com",)}, NO_NAME),
            ({NAMES: ("*.*.example.com",)}, NO_NAME),
            ({NAMES: ("example.com.",)}, NO_NAME),
            ({NAMES: (f"{'a' * 64}.example.com",)}, NO_NAME),
            ({NAMES: ("a.example.com", "a.example.com")}, f"{NAMES}: one name is given twice: give each name once"),
            (
                {NAMES: tuple(f"a{number}.example.com" for number in range(100))},
                f"{NAMES}: 101 names are more than 100 of ACM: use wildcards, or several certificates",
            ),
            ({"key_algorithm": "RSA_1024"}, "key_algorithm: got 'RSA_1024': give one of 'RSA_2048', 'EC_prime256v1'"),
        ],
    )
    def test_what_acm_would_refuse_is_told(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(CertificateInputs(**changes))
        assert line in str(error.value)

    @pytest.mark.parametrize(
        ("domain_name", "names", "line"),
        [
            (
                f"{'a' * 60}.example.com",
                (),
                (
                    "existing_arn: is None, and ACM requests no certificate for a name of 72 characters: "
                    "shorten the record's full name to 64, or give the ARN of a certificate"
                ),
            ),
            ("api.example.com", ("api.example.com",), f"{NAMES}: 'api.example.com' is the certificate's name anyway"),
            (
                "api.example.com",
                ("*.example.org",),
                (
                    f"{NAMES}: '*.example.org' is not in the zone 'example.com', where its record must stand: "
                    "give names of 'example.com' alone"
                ),
            ),
            ("api.example.com", ("badexample.com",), "'badexample.com' is not in the zone"),
        ],
    )
    def test_names_must_fit_the_record_and_its_zone(self, domain_name: str, names: tuple[str, ...], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            certificate(domain_name, subject_alternative_names=names)
        assert line in str(error.value)

    @pytest.mark.parametrize("names", [(), ("example.com",), ("*.example.com", "*.api.example.com", "www.example.com")])
    def test_names_of_the_zone_are_right(self, names: tuple[str, ...]) -> None:
        inputs = CertificateInputs(subject_alternative_names=names)
        validate(inputs)
        assert list(inputs.rules_of(hostname="api.example.com", zone_name="example.com")) == []

    @pytest.mark.parametrize("arn", [ARN, ARN.replace("us-east-1", "eu-central-1")])
    def test_a_certificate_of_ones_own_is_right_whatever_the_name(self, arn: str) -> None:
        inputs = CertificateInputs(existing_arn=arn)
        validate(inputs)
        assert list(inputs.rules_of(hostname=f"{'a' * 60}.example.com", zone_name="example.com")) == []
