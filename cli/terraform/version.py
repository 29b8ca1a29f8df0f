"""Which Terraform runs, and whether the units can be deployed with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator

# Ephemeral values and write-only arguments, which keep secrets out of the state; OpenTofu has them since 1.11 too.
LEAST = (1, 11)

# https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/environment-variables
BINARY_NAME = "TERRAFORM_BINARY_NAME"
"""The variable by which cdktf finds its Terraform: `tofu` runs OpenTofu."""

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
"""Where Terraform and OpenTofu look for a provider that is named without a host; the packages are the same."""


def executable() -> str:
    """The name or path of the program, the same for every verb and for cdktf."""
    return os.environ.get(BINARY_NAME) or "terraform"


def missing() -> Iterator[str]:
    """What is wrong with it and what to do, in one line; nothing where it will do."""
    wanted = ".".join(map(str, LEAST))
    name = executable()
    remedy = f"install Terraform or OpenTofu {wanted} or later"
    correct = f", or correct {BINARY_NAME}" if name != "terraform" else ""
    if not shutil.which(name):
        yield f"{name}: is not on PATH: {remedy}{correct}"
        return
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}  # which would look for a newer one
    try:
        done = subprocess.run([name, "version", "-json"], env=environment, capture_output=True, text=True, check=False)
    except OSError as error:  # a script whose interpreter is gone, a program for another processor
        yield f"{name}: cannot be started ({error.strerror}): {remedy}{correct}"
        return
    try:
        version = json.loads(done.stdout)["terraform_version"]
        known = tuple(int(part) for part in version.split("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        yield f"{name}: does not report its version: {remedy}"
        return
    if known < LEAST:
        yield f"{name}: is version {version}: {remedy}"
