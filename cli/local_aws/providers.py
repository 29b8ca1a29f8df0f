"""Which providers a local deployment uses: AWS's as published, and a stand-in for Cloudflare's."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cli import cloudflare_stand_in

AWS = "registry.terraform.io/hashicorp/aws"


def mirror() -> Path | None:
    """A filesystem mirror that holds the AWS provider: TF_PROVIDER_MIRROR, or Terraform's own places, or /*/*."""
    places = [os.environ.get("TF_PROVIDER_MIRROR", ""), "~/.terraform.d/plugins", "/usr/local/share/terraform/plugins"]
    candidates = [Path(place).expanduser() for place in places if place]
    candidates += sorted(found.parent for found in Path("/").glob("*/*/registry.terraform.io"))
    return next((place for place in candidates if (place / AWS).is_dir()), None)


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
