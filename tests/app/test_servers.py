"""The servers that the other tests use."""

import subprocess

import pytest

import servers

pytestmark = pytest.mark.once


def test_certificates_are_valid_under_rfc_5280(tmp_path):
    """As Python 3.13 verifies them, whatever the Python of this run."""
    servers.certificates(tmp_path)
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost"]
    done = subprocess.run([*verify, "-CAfile", "ca.pem", "server.pem"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "server.pem: OK\n", done.stderr
