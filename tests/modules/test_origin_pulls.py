"""Authenticated origin pulls: which certificates are accepted, and that no key is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from modules.validation import line, problems
from tests.support import ORIGIN_CA, origin_pulls


def lines(**changes: Any) -> list[str]:
    return list(map(line, problems(origin_pulls(**changes))))


@pytest.mark.parametrize("certificate_id", ["1" * 32, "2458ce5a-0c35-4c7f-82c7-8e9487d3ff60"])
def test_both_forms_of_an_id_are_accepted(certificate_id: str) -> None:
    assert lines(certificate_id=certificate_id, ca_certificates=(ORIGIN_CA, ORIGIN_CA)) == []


@pytest.mark.parametrize("certificate_id", ["", "abc", "https://dash.cloudflare.com"])
def test_what_is_no_id_is_refused(certificate_id: str) -> None:
    (found,) = lines(certificate_id=certificate_id)
    assert found.endswith("is not a valid id: copy the one that `make origin-certificate` prints")


# A key begins with its version, an integer, where a certificate has a sequence.
PKCS8 = base64.b64encode(b"\x30\x82\x04\xbe\x02\x01\x00" + bytes(1200)).decode()
SHORT_KEY = base64.b64encode(b"\x30\x77\x02\x01\x01" + bytes(120)).decode()


@pytest.mark.parametrize("text", [PKCS8, SHORT_KEY, "-----BEGIN CERTIFICATE-----", "", "AAAA", "MIIB…", "MAAA" * 2])
def test_a_key_and_anything_else_that_is_no_certificate_is_refused_and_not_shown(text: str) -> None:
    found = lines(ca_certificates=(ORIGIN_CA, text))
    assert found
    assert all(each.startswith("ca_certificates[1]: is not a certificate: give what is between") for each in found)


@pytest.mark.parametrize("number", [0, 6])
def test_there_are_one_to_five_authorities(number: int) -> None:
    assert lines(ca_certificates=(ORIGIN_CA,) * number) == [f"ca_certificates: got {number}: give 1 to 5"]


def test_the_file_of_them_is_pem() -> None:
    begin, *body, end = origin_pulls().pem.splitlines()
    assert (begin, end) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    assert "".join(body) == ORIGIN_CA
    assert {len(each) for each in body[:-1]} == {64}
