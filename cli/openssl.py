"""OpenSSL, which makes keys and certificates in a directory."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from stacks.failure import Failure


def missing() -> tuple[str, ...]:
    """That it is not here, in a line."""
    return () if shutil.which("openssl") else ("openssl: is not on PATH: install OpenSSL",)


def has_issued(directory: Path, authorities: str, certificate: str) -> bool:
    """Whether one of these authorities issued a certificate for a client, all in PEM. Expired ones count."""
    (directory / "authorities.pem").write_text(authorities)
    (directory / "certificate.pem").write_text(certificate)
    # An authority may be one below a root.
    how = (
        "-partial_chain",
        "-no_check_time",
        "-purpose",
        "sslclient",
        "-CAfile",
        "authorities.pem",
        "-untrusted",
        "certificate.pem",
    )
    # OpenSSL 3 trusts the machine's authorities as well, unless it finds none.
    alone = {**os.environ, "SSL_CERT_DIR": str(directory / "none")}
    command = ["openssl", "verify", *how, "certificate.pem"]
    return subprocess.run(command, cwd=directory, env=alone, capture_output=True, check=False).returncode == 0


def run(directory: Path, *arguments: str) -> None:
    """Run one of its commands there: `run(directory, "req", "-x509", …)`. Raises Failure where it fails."""
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(f"openssl {arguments[0]}: failed ({said}): use OpenSSL 1.1.1 or later")
