"""Inputs of authenticated origin pulls: by which certificate the load balancer knows Cloudflare."""

from __future__ import annotations

import base64
import re
import textwrap
from collections.abc import Iterator
from typing import Literal

from modules.cloudflare_dns import x509
from modules.validation import Problem, inputs, show

# https://developers.cloudflare.com/api/resources/origin_tls_client_auth/
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# More than anybody needs while one authority takes the place of another.
_MOST_AUTHORITIES = 5


def is_certificate_id(value: object) -> bool:
    """Whether it is an id as Cloudflare gives them to certificates."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


@inputs
class AuthenticatedOriginPullsInputs:
    """Cloudflare shows the load balancer a client certificate of your own, whose key Cloudflare alone has.

    Other customers of Cloudflare come from the same addresses, and have no such certificate.
    https://developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull/
    """

    certificate_id: str
    """The id by which Cloudflare knows the certificate, as `make origin-certificate` prints it."""
    ca_certificates: tuple[str, ...]
    """The certificates of the authorities that issued it (CA:TRUE, version 3), each as the Base64 of its PEM file,
    without the lines BEGIN and END. They are public. Their keys are RSA of 2048 to 8192 bits, or EC on P-256, P-384 or
    P-521, and they are signed with SHA-256, SHA-384 or SHA-512. `make deploy` asks Cloudflare for the certificate, and
    refuses it where none of these issued it."""
    required: bool = False
    """Whether the load balancer refuses whoever does not show the certificate. False first: Cloudflare shows it only
    after a deployment with False, and until then visitors would be shut out. False again before all of this is removed.
    """
    scope: Literal["zone", "hostnames"] = "zone"
    """"zone": Cloudflare shows it to the origin of every proxied hostname of the zone, those of other environments
    included, which ignore it unless they ask for it. "hostnames": to this environment's hostnames alone, which needs
    version 5.22.0 of Cloudflare's provider."""

    def rules(self) -> Iterator[Problem]:
        if not is_certificate_id(self.certificate_id):
            remedy = "copy the one that `make origin-certificate` prints"
            yield Problem("certificate_id", f"{show(self.certificate_id)} is not a valid id", remedy)
        if not 1 <= len(self.ca_certificates) <= _MOST_AUTHORITIES:
            yield Problem("ca_certificates", f"got {len(self.ca_certificates)}", f"give 1 to {_MOST_AUTHORITIES}")
        for index, certificate in enumerate(self.ca_certificates):
            field, first = f"ca_certificates[{index}]", self.ca_certificates.index(certificate)
            if first < index:
                yield Problem(field, f"is the same as ca_certificates[{first}]", "remove one of them")
                continue
            yield from _certificate_rules(field, certificate)

    @property
    def pem(self) -> str:
        """The certificates of the authorities as a file."""
        return "".join(
            f"-----BEGIN CERTIFICATE-----\n{textwrap.fill(str(each), 64)}\n-----END CERTIFICATE-----\n"
            for each in self.ca_certificates
        )


def _certificate_rules(field: str, certificate: str) -> Iterator[Problem]:
    try:
        der = base64.b64decode(certificate, validate=True)
        is_authority, has_key, is_signed = (
            x509.is_authority(der),
            x509.has_known_key(der),
            x509.has_known_signature(der),
        )
    except ValueError:
        remedy = "give what is between BEGIN CERTIFICATE and END CERTIFICATE, as one string, and no key"
        yield Problem(field, "is not a certificate", remedy)
        return
    if not is_authority:
        remedy = "give that of the authority which issued it (CA:TRUE)"
        yield Problem(field, "is not the certificate of an authority", remedy)
    if not has_key:
        remedy = "use an authority with RSA of 2048 to 8192 bits, or EC on P-256, P-384 or P-521"
        yield Problem(field, "has a key of a kind that no load balancer takes", remedy)
    elif not is_signed:
        remedy = "have it signed with SHA-256, SHA-384 or SHA-512"
        yield Problem(field, "is signed in a way that no load balancer takes, such as with SHA-1", remedy)
