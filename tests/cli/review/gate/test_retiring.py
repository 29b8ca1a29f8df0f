"""What other units use is refused until they have left it, with the line to write; what has retired goes."""

from __future__ import annotations

from typing import Any

import pytest

from cli.review import gate
from cli.terraform.plan import Json, Plan, UnitPlan
from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.validation import problems
from tests.cli.review.gate.test_data import changed

CERTIFICATE = "aws_acm_certificate.certificate"
RECORD = 'cloudflare_dns_record.certificate_validation["www.example.com"]'
BEFORE = {
    "arn": "arn:1",
    "domain_name": "api.example.com",
    "subject_alternative_names": ["www.example.com", "api.example.com"],
    "key_algorithm": "EC_prime256v1",
}
CERTIFICATES = ("certificate", {"certificate_arn": "arn:1"})
NETWORK: tuple[str, Json] = (
    "network",
    {"private_subnet_ids": ["subnet-1", "subnet-2"], "application_security_group_id": "sg-1"},
)


def losses(role: str, outputs: Json, *changes: Json) -> list[str]:
    """What the gate says of changes to a unit whose state has these outputs."""
    of_outputs = {name: {"actions": ["no-op"], "before": value, "after": value} for name, value in outputs.items()}
    configuration = {"//": {"environment": "prod", "unit": role}, "provider": {"cloudflare": [{}]}}
    plan = Plan({"resource_changes": list(changes), "output_changes": of_outputs})
    return [str(each) for each in gate.losses([UnitPlan(name=f"prod-{role}", configuration=configuration, plan=plan)])]


def replaced(address: str, before: Json, attribute: str, value: Any) -> Json:
    after = {**before, attribute: value}
    return changed(address, "create", "delete", before=before, after=after, replace_paths=[[attribute]])


def test_a_certificate_that_the_listener_shows_is_refused_with_the_inputs_that_keep_it() -> None:
    (line,) = losses(*CERTIFICATES, replaced(CERTIFICATE, BEFORE, "domain_name", "shop.example.com"))
    assert line.endswith(
        "[data/replaced] domain_name (api.example.com → shop.example.com) forces a replacement, and AWS deletes "
        "nothing that other units use: keep domain_name (the input cloudflare_dns.record_name); or set certificate."
        'version to 2 and certificate.retiring to RetiringCertificateInputs(hostname="api.example.com", '
        'subject_alternative_names=("www.example.com",), key_algorithm="EC_prime256v1"), and remove that in the next '
        "change"
    )
    later = replaced(f"{CERTIFICATE}_version_7", {**BEFORE, "subject_alternative_names": []}, "key_algorithm", "RSA")
    (line,) = losses(*CERTIFICATES, later)
    assert "keep key_algorithm (the input certificate.key_algorithm); or set certificate.version to 8 and " in line
    assert 'RetiringCertificateInputs(hostname="api.example.com", key_algorithm="EC_prime256v1", version=7)' in line


def test_one_in_whose_place_another_is_requested_is_no_rename() -> None:
    gone = changed(CERTIFICATE, "delete", before=BEFORE, action_reason="delete_because_no_resource_config")
    new = changed(f"{CERTIFICATE}_version_2", "create", after={**BEFORE, "arn": None})
    (line,) = losses(*CERTIFICATES, gone, new)
    assert "[data/deleted] it is no longer in the configuration, and AWS deletes nothing that other units use" in line
    assert "or set certificate.retiring to RetiringCertificateInputs(" in line


def test_what_is_written_is_what_the_inputs_take() -> None:
    retiring = RetiringCertificateInputs(
        hostname="api.example.com", subject_alternative_names=("www.example.com",), key_algorithm="EC_prime256v1"
    )
    assert not list(problems(CertificateInputs(version=2, retiring=retiring)))


def test_a_certificate_that_has_retired_goes_with_its_records() -> None:
    gone = [changed(CERTIFICATE, "delete", before=BEFORE), changed(RECORD, "delete", before={"id": "1"})]
    assert losses("certificate", {"certificate_arn": "arn:2"}, *gone) == []
    assert len(losses(*CERTIFICATES, *gone)) == 2
    assert len(losses("certificate", {}, *gone)) == 2, "nobody knows"
    assert len(losses("certificate", {"certificate_arn": "arn:2"}, gone[1])) == 1, "a record alone is another matter"


def test_what_a_replacement_left_behind_is_said_to_be_that() -> None:
    left = changed(CERTIFICATE, "delete", before=BEFORE, deposed="0123abcd")
    (line,) = losses("certificate", {"certificate_arn": "arn:2"}, left)
    assert "[data/deposed] a replacement left it behind (deposed 0123abcd)" in line
    assert "deploy prod-django-service --ignore-missing-stack-dependencies" in line
    assert line.endswith(f"say so by --allow 'prod-certificate:{CERTIFICATE}'")


@pytest.mark.parametrize(
    ("address", "before", "written"),
    [
        (
            "aws_security_group.network_application",
            {"id": "sg-1"},
            "set network.retiring_security_group to True, and remove it in the next change",
        ),
    ],
)
def test_a_group_that_is_used_is_refused(address: str, before: Json, written: str) -> None:
    (line,) = losses(*NETWORK, changed(address, "delete", before=before))
    assert "[data/deleted] the plan deletes it, and AWS deletes nothing that other units use: put it back; or " in line
    assert written in line
    (line,) = losses(*NETWORK, replaced(address, {**before, "vpc_id": "vpc-1"}, "vpc_id", "vpc-2"))
    assert "make another environment beside this one, or say so by --allow" in line
    assert losses(*NETWORK, changed(address, "delete", before={**before, "id": "another"})) == []
