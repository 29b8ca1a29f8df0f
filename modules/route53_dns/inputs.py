"""Inputs of the DNS records in Route 53."""

from __future__ import annotations

from collections.abc import Iterator

from modules import dns
from modules.dns import DnsRecordInputs, HostnameInputs, Zone
from modules.validation import Problem, inputs


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
        yield from dns.name_rules(self.zone, self.record_name)
        further = self.further_hostnames
        yield from dns.hostname_rules(self.hostname, further, zone=self.zone)
        hostnames = (self.hostname, *(each.hostname for each in further if each.zone_id in (None, self.zone_id)))
        yield from dns.record_rules(self.zone, self.further_records, hostnames)
