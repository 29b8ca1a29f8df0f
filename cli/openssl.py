"""OpenSSL, which makes keys and certificates in a directory."""

from __future__ import annotations

import subprocess
from pathlib import Path

from stacks.failure import Failure


def run(directory: Path, *arguments: str) -> None:
    """Run one of its commands there: `run(directory, "req", "-x509", …)`. Raises Failure where it fails."""
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(f"openssl {arguments[0]}: failed ({said}): use OpenSSL 1.1.1 or later")
