"""Inputs of the DNS records in Route 53."""

from __future__ import annotations

from collections.abc import Iterator

from modules import dns, rules
from modules.dns import DnsRecordInputs, HostnameInputs, Zone
from modules.validation import Problem, inputs, show


@inputs
class Route53DnsInputs:
    """Records in a public hosted zone of the environment's account, by which visitors reach the load balancer.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-to-elb-load-balancer.html
    """

    zone_id: str
    """Of the hosted zone: "Z0123456789ABCDEFGHIJ". It is not created here."""
    zone_name: str
    """The zone's own name: "example.com"."""
    record_name: str
    """The name within the zone, "@" for the zone itself: "api" makes api.example.com."""
    further_hostnames: tuple[HostnameInputs, ...] = ()
    """Further names of the service: the apex, or one of another hosted zone of the account."""
    further_records: tuple[DnsRecordInputs, ...] = ()
    """Records of the zone that lead elsewhere, as MX and TXT."""

    @property
    def hostname(self) -> str:
        """The full name of the record."""
        return dns.full_name(self.record_name, self.zone_name)

    @property
    def zone(self) -> Zone:
        """Where the record is."""
        return Zone(provider="route53", id=str(self.zone_id), name=str(self.zone_name))

    @property
    def proxied(self) -> bool:
        """Visitors reach the load balancer itself."""
        return False

    def rules(self) -> Iterator[Problem]:
        yield from dns.zone_rules("route53", self.zone_id, self.zone_name)
        if self.record_name == self.zone_name or self.record_name.endswith(f".{self.zone_name}"):
            what = f"{show(self.record_name)} repeats the zone"
            yield Problem("record_name", what, 'write it as "api", or "@" for the zone')
        elif not rules.domain_name(self.hostname):
            remedy = 'write it as "api", in lower case, or "@" for the zone'
            yield Problem("record_name", f"{show(self.hostname)} is not a domain name", remedy)
        further = self.further_hostnames
        yield from dns.hostname_rules(self.hostname, further, zone=self.zone)
        hostnames = (self.hostname, *(each.hostname for each in further))
        yield from dns.record_rules(self.zone, self.further_records, hostnames)
