"""Which providers a local deployment uses: AWS's as published, and a stand-in for Cloudflare's."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from cli.local_aws import cloudflare_stand_in
from cli.terraform.version import REGISTRIES
from stacks.config import providers as defaults
from stacks.config.providers import ProvidersInputs

AWS = f"{REGISTRIES[0]}/hashicorp/aws"
AWS_VERSION = defaults.AWS
"""That units ask for, unless their environment names another."""

_DEFAULTS = ProvidersInputs()
_PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def mirror(version: str = AWS_VERSION) -> Path | None:
    """A filesystem mirror with this very AWS provider: TF_PROVIDER_MIRROR, or one of Terraform's own places.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    shared = ("/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
    places = (os.environ.get("TF_PROVIDER_MIRROR"), "~/.terraform.d/plugins", f"{data}/terraform/plugins", *shared)
    candidates = (Path(place).expanduser() for place in places if place)
    return next((place for place in candidates if has_provider(place, version)), None)


def has_provider(place: Path, version: str = AWS_VERSION) -> bool:
    """Whether a filesystem mirror has this very AWS provider for this machine."""
    return any(True for _ in _packages(place, version))


def _packages(place: Path, version: str) -> Iterator[tuple[Path, Path]]:
    """Where the provider is, unpacked or packed, and what follows the registry's name in its path.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
    """
    target = f"{platform.system().lower()}_{_PROCESSORS.get(platform.machine().lower(), platform.machine())}"
    for registry in REGISTRIES:
        for name in (f"{version}/{target}", f"terraform-provider-aws_{version}_{target}.zip"):
            path = Path("hashicorp", "aws", name)
            if (package := place / registry / path).exists():
                yield package, path


def configure(directory: Path, versions: ProvidersInputs = _DEFAULTS) -> Path:
    """Write a configuration of Terraform's command line with both providers, and lay out the stand-in beside it.

    Cloudflare's own provider would speak to Cloudflare, so it cannot be used, even where there is one.
    https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
    """
    stand_in = directory / "cloudflare-stand-in"
    cloudflare_stand_in.install(stand_in, versions.cloudflare)
    aws = mirror(versions.aws)
    text = _block("filesystem_mirror", "cloudflare/cloudflare", stand_in)
    if aws:
        text += _block("filesystem_mirror", "hashicorp/aws", _for_both(aws, versions.aws, directory / "aws"))
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


def _for_both(mirror: Path, version: str, directory: Path) -> Path:
    """A mirror with the AWS provider of another one, for Terraform and OpenTofu alike."""
    package, path = next(_packages(mirror, version))
    for registry in REGISTRIES:
        link = directory / registry / path
        link.parent.mkdir(parents=True)
        link.symlink_to(package.resolve())
    return directory


def _block(kind: str, provider: str, path: Path | None = None) -> str:
    where = f"    path = {json.dumps(str(path))}\n" if path else ""
    include = json.dumps([f"{registry}/{provider}" for registry in REGISTRIES])
    return f"  {kind} {{\n{where}    include = {include}\n  }}\n"
