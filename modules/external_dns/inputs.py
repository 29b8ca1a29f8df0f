"""Inputs of an environment whose DNS records are made by somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from modules import dns, rules
from modules.dns import HostnameInputs, Zone
from modules.validation import Problem, inputs, show


@inputs
class ExternalDnsInputs:
    """Records that are made elsewhere, by hand or by another team. `make deploy` prints them: docs/dns.md."""

    hostname: str
    """In full: "api.example.com". A CNAME leads it to the load balancer, so it is not the name of a zone itself, unless
    the zone knows an ALIAS or flattens."""
    further_hostnames: tuple[HostnameInputs, ...] = ()
    """Further names of the service, without zones."""

    @property
    def zone(self) -> Zone | None:
        """None: no zone is known here."""
        return None

    @property
    def proxied(self) -> bool:
        """Visitors reach the load balancer itself, as far as anybody knows here."""
        return False

    def rules(self) -> Iterator[Problem]:
        if not rules.domain_name(self.hostname):
            remedy = 'write it as "api.example.com", in lower case and Punycode'
            yield Problem("hostname", f"{show(self.hostname)} is not a domain name", remedy)
        yield from dns.hostname_rules(self.hostname, self.further_hostnames, zone=None)
