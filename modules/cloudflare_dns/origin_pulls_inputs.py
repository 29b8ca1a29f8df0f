"""Inputs of authenticated origin pulls: by which certificate the load balancer knows Cloudflare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from modules.validation import Problem, inputs, show

# https://developers.cloudflare.com/api/resources/origin_tls_client_auth/
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CERTIFICATE = r"-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,76}\n){1,200}-----END CERTIFICATE-----\n?"
_BUNDLE = re.compile(rf"\s*{_CERTIFICATE}(?:\n*{_CERTIFICATE}){{0,24}}\s*")


@inputs
class AuthenticatedOriginPullsInputs:
    """Cloudflare shows the load balancer a client certificate of your own, whose key Cloudflare alone has.

    Other customers of Cloudflare come from the same addresses, and have no such certificate.
    https://developers.cloudflare.com/ssl/origin-configuration/authenticated-origin-pull/
    """

    certificate_id: str
    """The id by which Cloudflare knows the certificate, as `make origin-certificate` prints it."""
    ca_certificates: str
    """The certificates of the authorities that issued it, in PEM. They are public; keys of theirs are refused."""
    required: bool = False
    """Whether the load balancer refuses whoever does not show the certificate. False first: Cloudflare shows it only
    after a deployment with False, and until then visitors would be shut out. False again before all of this is removed.
    """
    scope: Literal["zone", "hostnames"] = "zone"
    """"zone": Cloudflare shows it to the origin of every proxied hostname of the zone, those of other environments
    included, which ignore it unless they ask for it. "hostnames": to this environment's hostnames alone, which needs
    version 5.22.0 of Cloudflare's provider."""

    def rules(self) -> Iterator[Problem]:
        if not _ID.fullmatch(self.certificate_id):
            remedy = "copy the one that `make origin-certificate` prints"
            yield Problem("certificate_id", f"{show(self.certificate_id)} is not a valid id", remedy)
        if "PRIVATE KEY" in self.ca_certificates:
            yield Problem("ca_certificates", "has a private key", "remove it here and from the history, and revoke it")
        elif not _BUNDLE.fullmatch(self.ca_certificates):
            what = "is not 1 to 25 certificates in PEM"
            yield Problem("ca_certificates", what, 'begin each with "-----BEGIN CERTIFICATE-----" on a line of its own')
