"""Which versions of Terraform's providers deploy an environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.validation import Problem, inputs, show

AWS, CLOUDFLARE = "5.100.0", "5.14.0"
"""The versions whose arguments the bindings know: those of the units are theirs."""

OF_HOSTNAMES = "5.22.0"
"""The version from which Cloudflare's provider reads the authenticated origin pulls of a hostname that it wrote."""

_EXACT = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}")


@inputs
class ProvidersInputs:
    """The version of each provider, exactly one, so that a plan that was reviewed is the one that is applied.

    docs/environments.md says how one is raised.
    """

    aws: str = AWS
    """https://github.com/hashicorp/terraform-provider-aws/releases, 5.100.0 or later."""
    cloudflare: str = CLOUDFLARE
    """https://github.com/cloudflare/terraform-provider-cloudflare/releases, 5.14.0 or later."""

    def cloudflare_is(self, least: str) -> bool:
        """Whether the version of Cloudflare's provider is this one or later."""
        return bool(_EXACT.fullmatch(self.cloudflare)) and _numbers(self.cloudflare) >= _numbers(least)

    def rules(self) -> Iterator[Problem]:
        for field, least in (("aws", AWS), ("cloudflare", CLOUDFLARE)):
            version = getattr(self, field)
            if not _EXACT.fullmatch(version):
                yield Problem(field, f"{show(version)} is not an exact version", f'write it as "{least}"')
            elif _numbers(version) < _numbers(least):
                what = f"{version} is older than {least}, whose arguments the units use"
                yield Problem(field, what, f"use {least} or later")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
