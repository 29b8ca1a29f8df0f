"""The DNS record of the service at Cloudflare."""

from __future__ import annotations

from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from constructs import Construct

from modules.cloudflare_dns.inputs import PROXIABLE, CloudflareDnsInputs
from modules.cloudflare_dns.outputs import CloudflareDnsOutputs
from modules.validation import validate


class CloudflareDns(Construct):
    """A record, and nothing of its zone.

    It is destroyed before its successor is created, where a change replaces it: Cloudflare refuses a second CNAME of
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


def _content(inputs: CloudflareDnsInputs, load_balancer_dns_name: str) -> str:
    if inputs.target is None:
        return load_balancer_dns_name
    return f'"{inputs.target}"' if inputs.record_type == "TXT" else str(inputs.target)
