"""Which providers a local deployment uses: AWS's as published, and a stand-in for Cloudflare's."""

from __future__ import annotations

import json
import os
import platform
import stat
from collections.abc import Iterator
from pathlib import Path

from cli.local_aws import cloudflare_stand_in

AWS = "registry.terraform.io/hashicorp/aws"
AWS_VERSION = "5.100.0"
"""That all units ask for."""

_PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def mirror() -> Path | None:
    """A filesystem mirror with this very AWS provider: TF_PROVIDER_MIRROR, or Terraform's own places, or /*/*."""
    places = [os.environ.get("TF_PROVIDER_MIRROR", ""), "~/.terraform.d/plugins", "/usr/local/share/terraform/plugins"]
    candidates = [*(Path(place).expanduser() for place in places if place), *_found()]
    return next((place for place in candidates if any(package.exists() for package in _packages(place))), None)


def _found() -> list[Path]:
    found = [each.parent for each in sorted(Path("/").glob("*/*/registry.terraform.io"))]
    return [place for place in found if (place / AWS).is_dir() and is_out_of_reach(place / AWS)]


def _packages(place: Path) -> Iterator[Path]:
    """Where the provider may be, unpacked or packed.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
    """
    target = f"{platform.system().lower()}_{_PROCESSORS.get(platform.machine().lower(), platform.machine())}"
    yield place / AWS / AWS_VERSION / target
    yield place / AWS / f"terraform-provider-aws_{AWS_VERSION}_{target}.zip"


def is_out_of_reach(path: Path) -> bool:
    """Whether nobody but root and this user could have put there what Terraform would run."""
    real = path.resolve()
    for each in {path, *path.parents, real, *real.parents}:
        about = each.stat()
        if about.st_uid not in (0, os.getuid()) or about.st_mode & stat.S_IWOTH:
            return False
    return True


def configure(directory: Path) -> Path:
    """Write a configuration of Terraform's command line with both providers, and lay out the stand-in beside it.

    Cloudflare's own provider would speak to Cloudflare, so it cannot be used, even where there is one.
    https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
    """
    stand_in = directory / "cloudflare-stand-in"
    cloudflare_stand_in.install(stand_in)
    aws = mirror()
    text = _block("filesystem_mirror", "cloudflare/cloudflare", stand_in)
    if aws:
        text += _block("filesystem_mirror", "hashicorp/aws", aws)
    else:
        text += _block("direct", "hashicorp/aws")
    text = f"provider_installation {{\n{text}}}\n"
    if not aws:
        cache = directory / "plugin-cache"
        cache.mkdir()
        text += f"plugin_cache_dir = {json.dumps(str(cache))}\n"
    file = directory / "terraform.rc"
    file.write_text(text)
    return file


def _block(kind: str, provider: str, path: Path | None = None) -> str:
    where = f"    path = {json.dumps(str(path))}\n" if path else ""
    return f'  {kind} {{\n{where}    include = ["registry.terraform.io/{provider}"]\n  }}\n'
