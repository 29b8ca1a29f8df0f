"""Authenticated origin pulls: which certificates are accepted, and that no key is."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import openssl
from modules.validation import line, problems
from tests.support import ANOTHER_ORIGIN_CA, ORIGIN_CA, origin_pulls


def lines(**changes: Any) -> list[str]:
    return list(map(line, problems(origin_pulls(**changes))))


@pytest.mark.parametrize("certificate_id", ["1" * 32, "2458ce5a-0c35-4c7f-82c7-8e9487d3ff60"])
def test_both_forms_of_an_id_are_accepted(certificate_id: str) -> None:
    assert lines(certificate_id=certificate_id, ca_certificates=(ORIGIN_CA, ANOTHER_ORIGIN_CA)) == []


@pytest.mark.parametrize("certificate_id", ["", "abc", "https://dash.cloudflare.com"])
def test_what_is_no_id_is_refused(certificate_id: str) -> None:
    (found,) = lines(certificate_id=certificate_id)
    assert found.endswith("is not a valid id: copy the one that `make origin-certificate` prints")


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=Test")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What may be taken for the certificate of an authority, as OpenSSL writes it."""
    made = tmp_path_factory.mktemp("origin-pulls")
    leaf = ("-addext", "basicConstraints=CA:FALSE")
    openssl.run(made, "req", "-x509", *KEY, *leaf, "-keyout", "key", "-out", "leaf")
    openssl.run(made, "req", "-new", *KEY, "-keyout", "other-key", "-out", "request")
    openssl.run(made, "x509", "-req", "-in", "request", "-signkey", "other-key", "-out", "without-constraints")
    openssl.run(made, "pkey", "-in", "key", "-pubout", "-out", "public-key")
    openssl.run(made, "ec", "-in", "key", "-out", "key-of-an-old-form")
    openssl.run(made, "pkcs8", "-topk8", "-in", "key", "-out", "encrypted-key", "-passout", "pass:test")
    return made


def body(file: Path) -> str:
    return "".join(line for line in file.read_text().splitlines() if not line.startswith("-----"))


NOT_ONE = "ca_certificates[1]: is not a certificate: give what is between BEGIN CERTIFICATE and END CERTIFICATE, "


@pytest.mark.parametrize("name", ["key", "key-of-an-old-form", "encrypted-key", "public-key", "request"])
def test_a_key_or_a_request_is_refused_and_not_shown(name: str, files: Path) -> None:
    (found,) = lines(ca_certificates=(ORIGIN_CA, body(files / name)))
    assert found == f"{NOT_ONE}as one string, and no key"


@pytest.mark.parametrize(
    "text",
    [
        *("-----BEGIN CERTIFICATE-----", "", "AAAA", "MIIB…", "MAAA" * 2, "MIIB"),
        *(ORIGIN_CA[:length] for length in range(0, len(ORIGIN_CA), 60)),
        ORIGIN_CA[:-4] + "AAAA",
        base64.b64encode(base64.b64decode(ORIGIN_CA) * 2).decode(),
    ],
)
def test_a_part_of_a_certificate_and_more_than_one_are_refused(text: str) -> None:
    (found,) = lines(ca_certificates=(ORIGIN_CA, text))
    assert found.startswith(NOT_ONE)


@pytest.mark.parametrize("name", ["leaf", "without-constraints"])
def test_the_certificate_itself_is_not_taken_for_that_of_its_authority(name: str, files: Path) -> None:
    (found,) = lines(ca_certificates=(ORIGIN_CA, body(files / name)))
    assert found.startswith("ca_certificates[1]: is not the certificate of an authority: give that of the authority")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """The certificate of an authority, made by these arguments of OpenSSL."""
    made = tmp_path_factory.mktemp("authorities")

    def issued(*arguments: str) -> str:
        constraints = ("-addext", "basicConstraints=critical,CA:TRUE")
        openssl.run(made, "req", "-x509", "-nodes", "-subj", "/CN=CA", *constraints, *arguments, "-out", "ca")
        return body(made / "ca")

    return issued


EC = ("-newkey", "ec", "-pkeyopt")
PSS = ("-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss")


@pytest.mark.parametrize(
    "arguments",
    [
        ("-newkey", "rsa:2048", "-sha512"),
        (*EC, "ec_paramgen_curve:P-256", "-sha256"),
        (*EC, "ec_paramgen_curve:P-384", "-sha384"),
        (*EC, "ec_paramgen_curve:P-521", "-sha512"),
        (*PSS, "-sha256"),
    ],
)
def test_keys_and_signatures_that_a_load_balancer_takes_are_accepted(
    arguments: tuple[str, ...], authority: Callable[..., str]
) -> None:
    assert lines(ca_certificates=(ORIGIN_CA, authority(*arguments))) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-newkey", "rsa:1024"), "has a key of a kind that no load balancer takes: use an authority with RSA of 2048"),
        (("-newkey", "ed25519"), "has a key of a kind that no load balancer takes: use an authority with RSA of 2048"),
        ((*EC, "ec_paramgen_curve:secp256k1"), "has a key of a kind that no load balancer takes: use an authority"),
        (("-newkey", "rsa:2048", "-sha1"), "is signed in a way that no load balancer takes, such as with SHA-1: have"),
        ((*EC, "ec_paramgen_curve:P-256", "-sha224"), "is signed in a way that no load balancer takes, such as with"),
        ((*PSS, "-sha1"), "is signed in a way that no load balancer takes, such as with SHA-1: have it signed with"),
    ],
)
def test_what_no_trust_store_takes_is_refused_on_one_line(
    arguments: tuple[str, ...], said: str, authority: Callable[..., str]
) -> None:
    (found,) = lines(ca_certificates=(ORIGIN_CA, authority(*arguments)))
    assert found.startswith(f"ca_certificates[1]: {said}")


def test_the_same_authority_twice_is_refused() -> None:
    found = lines(ca_certificates=(ORIGIN_CA, ANOTHER_ORIGIN_CA, ORIGIN_CA))
    assert found == ["ca_certificates[2]: is the same as ca_certificates[0]: remove one of them"]


@pytest.mark.parametrize("number", [0, 6])
def test_there_are_one_to_five_authorities(number: int) -> None:
    assert f"ca_certificates: got {number}: give 1 to 5" in lines(ca_certificates=(ORIGIN_CA,) * number)


def test_the_file_of_them_is_pem() -> None:
    begin, *body, end = origin_pulls().pem.splitlines()
    assert (begin, end) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    assert "".join(body) == ORIGIN_CA
    assert {len(each) for each in body[:-1]} == {64}
