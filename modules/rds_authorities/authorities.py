"""The certificate authorities of RDS by region: dated data that `python -m cli rds-authorities` refreshes.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
"""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Self

FILE = Path(__file__).with_name("authorities.json")

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
# Beside these the bundle has authorities that have expired, and those of previews.
_ROOT = re.compile(r"Amazon RDS ([a-z]{2}(?:-[a-z]+)+-[0-9]) Root CA (RSA2048|RSA4096|ECC384) G[0-9]+")


class WrongAuthorities(ValueError):
    """A bundle that cannot be that of RDS. Its text is one line without a remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RdsAuthorities:
    """The root authorities that sign the certificates of the databases of each region."""

    source: str
    updated: date
    """When they were last compared with what AWS publishes."""
    regions: Mapping[str, tuple[str, ...]]
    """The certificates of each region, in PEM."""

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        data = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            source=data["source"],
            updated=date.fromisoformat(data["updated"]),
            regions={region: tuple(found) for region, found in data["regions"].items()},
        )

    def text(self) -> str:
        """As the file holds them."""
        data = {
            "source": self.source,
            "updated": self.updated.isoformat(),
            "regions": {region: list(self.regions[region]) for region in sorted(self.regions)},
        }
        return json.dumps(data, indent=2) + "\n"


@cache
def published() -> RdsAuthorities:
    """The authorities of this project's data file."""
    return RdsAuthorities.read()


def by_region(bundle: str) -> dict[str, tuple[str, ...]]:
    """The root authorities of a bundle by region, of which none has expired. Raises WrongAuthorities."""
    found: dict[str, dict[str, str]] = {}
    for text in _CERTIFICATE.findall(bundle):
        name, is_root, expires = _describe(text)
        if (root := _ROOT.fullmatch(name)) and is_root and expires > time.time():
            found.setdefault(root[1], {})[name] = f"{text}\n"
    if not found:
        raise WrongAuthorities("there is no root authority of a region in it")
    return {region: tuple(roots[name] for name in sorted(roots)) for region, roots in sorted(found.items())}


def _describe(certificate: str) -> tuple[str, bool, float]:
    """The common name of an authority, whether it signs itself, and when it expires."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=certificate)
    except ssl.SSLError as error:
        raise WrongAuthorities(f"a certificate cannot be read ({error.reason})") from error
    found: list[dict[str, Any]] = context.get_ca_certs()
    for each in found:
        subject = {key: value for part in each["subject"] for key, value in part}
        is_root = each["subject"] == each["issuer"]
        return str(subject.get("commonName")), is_root, ssl.cert_time_to_seconds(each["notAfter"])
    raise WrongAuthorities("a certificate is not that of an authority")
