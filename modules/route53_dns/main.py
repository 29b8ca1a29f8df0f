"""The DNS records of the service in Route 53."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from constructs import Construct

from modules.dns import DnsRecordInputs, caa
from modules.route53_dns.inputs import Route53DnsInputs
from modules.route53_dns.outputs import Route53DnsOutputs
from modules.validation import literal, validate

# How many characters a string of a TXT record has; a longer text is several of them.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
TXT_STRING = 255


class Route53Dns(Construct):
    """Aliases of the load balancer, which the zone's own name may be too, and further records.

    An alias is free of charge, and follows the load balancer's addresses by itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: Route53DnsInputs,
        load_balancer_dns_name: str,
        load_balancer_zone_id: str,
        ipv6: bool = False,
    ) -> None:
        """`ipv6`: whether the load balancer answers on IPv6. An AAAA alias of one that does not has no address."""
        super().__init__(scope, id)
        validate(inputs)
        alias = Route53RecordAlias(
            name=load_balancer_dns_name,
            zone_id=load_balancer_zone_id,
            # One load balancer is all there is: a failed check would leave no answer at all.
            evaluate_target_health=False,
        )
        others = {str(each.hostname): str(each.zone_id or inputs.zone_id) for each in inputs.further_hostnames}
        record = self._aliases("A", inputs, alias, others)
        if ipv6:
            self._aliases("AAAA", inputs, alias, others)
        if inputs.further_records:
            self._records(inputs)
        self.outputs = Route53DnsOutputs(
            fqdn=record.fqdn,
            zone_id=str(inputs.zone_id),
            zone_name=str(inputs.zone_name),
            url=f"https://{inputs.hostname}",
        )

    def _aliases(
        self, kind: str, inputs: Route53DnsInputs, alias: Route53RecordAlias, others: dict[str, str]
    ) -> Route53Record:
        """The record of the main hostname, and those of further ones by zone."""
        suffix = "" if kind == "A" else "-ipv6"
        record = Route53Record(
            self,
            "Default" if kind == "A" else "ipv6",
            zone_id=str(inputs.zone_id),
            name=str(inputs.hostname),
            type=kind,
            alias=alias,
        )
        if others:
            further = Route53Record(
                self,
                f"hostnames{suffix}",
                zone_id="${each.value}",
                name="${each.key}",
                type=kind,
                alias=alias,
                depends_on=[record],  # which may have had the name of one of them
            )
            further.add_override("for_each", others)
        return record

    def _records(self, inputs: Route53DnsInputs) -> None:
        records = {
            f"{record.fqdn(inputs.zone_name)} {record.type}": {
                "name": record.fqdn(inputs.zone_name),
                "type": record.type,
                "ttl": record.ttl,
                "records": [_value(record, value) for value in record.values],
            }
            for record in inputs.further_records
        }
        further = Route53Record(
            self,
            "further",
            zone_id=str(inputs.zone_id),
            name="${each.value.name}",
            type="${each.value.type}",
            records=["replaced"],
        )
        further.add_override("ttl", "${each.value.ttl}")
        further.add_override("records", "${each.value.records}")
        further.add_override("for_each", records)


def _value(record: DnsRecordInputs, value: str) -> str:
    """As the provider takes it, which puts a text in quotes, but no CAA: two quotes end a string and begin the next."""
    if record.type == "CAA":
        flags, tag, rest = caa(value)
        return f'{flags} {tag} "{literal(rest)}"'
    if record.type != "TXT":
        return literal(value)
    return '""'.join(literal(value[start : start + TXT_STRING]) for start in range(0, len(value), TXT_STRING))
