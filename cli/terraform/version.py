"""Whether the Terraform on PATH is one that the units can be deployed with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

# Ephemeral values and write-only arguments, which keep secrets out of the state.
LEAST = (1, 11)


def missing() -> Iterator[str]:
    """What is wrong with it and what to do, in one line; nothing where it will do."""
    wanted = ".".join(map(str, LEAST))
    if not shutil.which("terraform"):
        yield f"terraform: is not on PATH: install Terraform {wanted} or later"
        return
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}  # which would look for a newer one
    command = ["terraform", "version", "-json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    try:
        version = json.loads(done.stdout)["terraform_version"]
        known = tuple(int(part) for part in version.split("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        yield f"terraform: does not tell its version: install Terraform {wanted} or later"
        return
    if known < LEAST:
        yield f"terraform: is version {version}: install {wanted} or later"
