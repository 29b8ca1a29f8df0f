"""The authorities of RDS are what they say, and a bundle that is none of AWS's is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modules.credentials import in_plain_text
from modules.rds_authorities.authorities import FILE, RdsAuthorities, WrongAuthorities, by_region, published
from stacks.units.django_service.authorities import authorities


def authority(name: str, *, days: int = 30, is_ca: bool = True, issuer: str | None = None) -> str:
    """A certificate of this common name, in PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)

    def of(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])

    made = x509.CertificateBuilder(
        issuer_name=of(issuer or name),
        subject_name=of(name),
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=now - timedelta(days=60),
        not_valid_after=now + timedelta(days=days),
    ).add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("region", published().regions)
def test_each_is_an_authority_of_its_region_that_signs_itself_and_has_not_expired(region: str) -> None:
    names = []
    for text in published().regions[region]:
        (found,) = x509.load_pem_x509_certificates(text.encode())
        assert found.subject == found.issuer
        assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert found.not_valid_before_utc < datetime.now(UTC) < found.not_valid_after_utc
        found.verify_directly_issued_by(found)
        (name,) = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        (organization,) = found.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        assert organization.value == "Amazon Web Services, Inc."
        names.append(name.value)
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
    assert names == [f"Amazon RDS {region} Root CA {kind} G1" for kind in ("ECC384", "RSA2048", "RSA4096")]


def test_the_file_is_as_the_program_writes_it() -> None:
    assert RdsAuthorities.read().text() == FILE.read_text()
    assert {"us-east-1", "eu-central-1", "ap-south-1"} < published().regions.keys()


@pytest.mark.parametrize("region", published().regions)
def test_they_leave_room_in_a_task_definition_and_are_no_credential(region: str) -> None:
    (container,) = authorities(region).first
    assert len(json.dumps(container.variables)) < 5 * 1024
    for name, value in container.variables.items():
        assert in_plain_text(name, value, is_variable=True) is None


def test_of_a_bundle_the_roots_of_regions_are_taken() -> None:
    root = authority("Amazon RDS xx-test-1 Root CA ECC384 G1")
    others = (
        authority("Amazon RDS xx-test-1 Root CA RSA2048 G1", days=-1),
        authority("Amazon RDS xx-test-1 Root CA RSA4096 G1", issuer="Somebody"),
        authority("Amazon RDS Preview xx-test-1 Root CA ECC384 G1"),
        authority("Amazon RDS xx-test-1 2019 CA"),
    )
    assert by_region("\n".join([others[0], root, *others[1:]])) == {"xx-test-1": (root,)}


@pytest.mark.parametrize(
    ("bundle", "what"),
    [
        ("<html></html>", "there is no root authority of a region in it"),
        (authority("Amazon RDS xx-test-1 Root CA ECC384 G1", is_ca=False), "a certificate is not that of an authority"),
        ("-----BEGIN CERTIFICATE-----\nMIIa\n-----END CERTIFICATE-----", "a certificate cannot be read"),
    ],
)
def test_what_is_no_bundle_of_rds_is_refused(bundle: str, what: str) -> None:
    with pytest.raises(WrongAuthorities, match=what):
        by_region(bundle)
