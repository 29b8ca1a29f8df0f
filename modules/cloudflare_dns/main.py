"""The DNS records of the service at Cloudflare."""

from __future__ import annotations

from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from constructs import Construct

from modules.cloudflare_dns.inputs import PROXIABLE, CloudflareDnsInputs
from modules.cloudflare_dns.outputs import CloudflareDnsOutputs
from modules.dns import DnsRecordInputs
from modules.validation import literal, validate


class CloudflareDns(Construct):
    """The record of the main hostname, those of further ones, and further records; no setting of their zones.

    A record that a change replaces is destroyed before its successor is created: Cloudflare refuses a second CNAME of
    one name. A record that exists already must be imported or deleted: version 5 of the provider overwrites nothing.
    """

    def __init__(self, scope: Construct, id: str, *, inputs: CloudflareDnsInputs, load_balancer_dns_name: str) -> None:
        super().__init__(scope, id)
        validate(inputs)
        record = DnsRecord(
            self,
            "Default",
            zone_id=str(inputs.zone_id),
            # The full name: a short one differs from what Cloudflare answers, and so in each plan.
            # https://github.com/cloudflare/terraform-provider-cloudflare/issues/5517
            name=str(inputs.hostname),
            type=inputs.record_type,
            content=_content(inputs, load_balancer_dns_name),
            proxied=inputs.proxied,
            ttl=inputs.ttl,
            priority=inputs.priority,
            comment=inputs.comment,
            tags=sorted(inputs.tags) or None,
        )
        if inputs.further_hostnames:
            self._hostnames(inputs, load_balancer_dns_name, record)
        if inputs.further_records:
            self._records(inputs)
        self.outputs = CloudflareDnsOutputs(
            record_id=record.id,
            record_name=str(inputs.record_name),
            fqdn=record.name,
            record_type=inputs.record_type,
            content=record.content,
            proxied="true" if inputs.proxied else "false",
            proxiable="true" if inputs.record_type in PROXIABLE else "false",
            zone_name=str(inputs.zone_name),
            url=f"https://{inputs.hostname}",
        )

    def _hostnames(self, inputs: CloudflareDnsInputs, load_balancer_dns_name: str, main: DnsRecord) -> None:
        """Each in its own zone. Cloudflare flattens the CNAME of a zone's own name.

        https://developers.cloudflare.com/dns/cname-flattening/
        """
        record = DnsRecord(
            self,
            "hostnames",
            zone_id="${each.value}",
            name="${each.key}",
            type="CNAME",
            content=load_balancer_dns_name,
            proxied=inputs.proxied,
            ttl=1,
            depends_on=[main],  # which may have had the name of one of them
        )
        zones = {str(each.hostname): str(each.zone_id or inputs.zone_id) for each in inputs.further_hostnames}
        record.add_override("for_each", zones)

    def _records(self, inputs: CloudflareDnsInputs) -> None:
        """One for each value, and not proxied: none of them is the service."""
        further = DnsRecord(
            self,
            "further",
            zone_id=str(inputs.zone_id),
            name="${each.value.name}",
            type="${each.value.type}",
            content="${each.value.content}",
            proxied=False,
            ttl=1,
        )
        further.add_override("ttl", "${each.value.ttl}")
        further.add_override("priority", '${lookup(each.value, "priority", null)}')
        records = {
            f"{record.fqdn(inputs.zone_name)} {record.type} {literal(value)}": _record(record, value, inputs.zone_name)
            for record in inputs.further_records
            for value in record.values
        }
        further.add_override("for_each", records)


def _record(record: DnsRecordInputs, value: str, zone_name: str) -> dict[str, object]:
    """As the provider takes it: an MX record's priority apart, and a text in quotes."""
    found: dict[str, object] = {"name": record.fqdn(zone_name), "type": record.type, "ttl": record.ttl}
    if record.type == "MX":
        priority, _, content = value.partition(" ")
        return {**found, "priority": int(priority), "content": content}
    return {**found, "content": f'"{literal(value)}"' if record.type == "TXT" else str(value)}


def _content(inputs: CloudflareDnsInputs, load_balancer_dns_name: str) -> str:
    if inputs.target is None:
        return load_balancer_dns_name
    return f'"{inputs.target}"' if inputs.record_type == "TXT" else str(inputs.target)
