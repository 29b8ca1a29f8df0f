"""A stand-in for Cloudflare's Terraform provider, for a local deployment and for tests, where there is no Cloudflare.

It has the real provider's schema, read out of the bindings, and behind it is no Cloudflare: whatever is applied is
taken as done. So it proves names, types, enumerations and plans, and not that Cloudflare accepts a value. What it is
it says in the name of its executable and in a warning at each plan and apply.
"""

from __future__ import annotations

import json
import platform
import shlex
import sys
from pathlib import Path

from cli.local_aws.cloudflare_stand_in.schema import Bindings
from cli.terraform.version import REGISTRIES

RESOURCES = (
    "authenticated_origin_pulls",
    "authenticated_origin_pulls_settings",
    "dns_record",
    "ruleset",
    "zone_setting",
)
SCHEMA = "cloudflare-stand-in.json"

_ROOT = Path(__file__).parents[3]
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def install(mirror: Path, version: str | None = None) -> None:
    """Lay the stand-in out in a filesystem mirror, as this version of the provider; None: that of the bindings.

    Whatever it is called, its schema is that of the bindings.
    """
    bindings = Bindings.read()
    version = version or bindings.provider_version
    schema = mirror / SCHEMA
    schema.parent.mkdir(parents=True, exist_ok=True)
    schema.write_text(json.dumps(bindings.provider_schema(RESOURCES)))
    target = f"{platform.system().lower()}_{_ARCHITECTURES[platform.machine().lower()]}"
    command = shlex.join([sys.executable, "-P", "-m", __name__, str(schema.resolve())])
    for registry in REGISTRIES:
        package = mirror / registry / "cloudflare" / "cloudflare" / version / target
        package.mkdir(parents=True, exist_ok=True)
        # Terraform wants the name that the real one has, up to an underscore.
        executable = package / f"terraform-provider-cloudflare_v{version}_stand-in"
        executable.write_text(f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(_ROOT))} exec {command}\n")
        executable.chmod(0o755)
