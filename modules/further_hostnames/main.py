"""Further hostnames at the load balancer: their certificates, and redirects to the main hostname."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdktf import TerraformResource, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.lb_listener_certificate import LbListenerCertificate
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleActionRedirect,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
)
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from constructs import Construct

from modules.certificate.inputs import CertificateInputs
from modules.dns import HOSTS_PER_REDIRECT, HostnameInputs, Zone

# Those of each kind are apart: where the kind changes, the unit of the old one is there until it is destroyed.
_FIRST_PRIORITIES = {"cloudflare": 1, "route53": 1001, None: 2001}


class FurtherHostnames(Construct):
    """A certificate for each hostname, which the listener shows by SNI, and the redirects of those that have one.

    One certificate of all names would be replaced with each change of them, and AWS deletes none that a listener uses.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        hostnames: Sequence[HostnameInputs],
        main_hostname: str,
        certificate: CertificateInputs,
        zone: Zone | None,
        listener_arn: str,
        prefix: str,
    ) -> None:
        """`zone` is that of the main hostname; None: somebody makes the `validation_records`."""
        super().__init__(scope, id)
        self.validation_records: list[str] = []
        """A line for each record that somebody has to make."""
        if certificate.existing_arn is None:
            self._certificates(hostnames, certificate, zone, listener_arn, prefix)
        redirected = sorted(str(each.hostname) for each in hostnames if each.redirect)
        first = _FIRST_PRIORITIES[zone.provider if zone else None]
        for number, hosts in enumerate(_parts(redirected)):
            self._redirect(number, hosts, main_hostname, listener_arn, priority=first + number)

    def _certificates(
        self,
        hostnames: Sequence[HostnameInputs],
        inputs: CertificateInputs,
        zone: Zone | None,
        listener_arn: str,
        prefix: str,
    ) -> None:
        certificates = AcmCertificate(
            self,
            "certificate",
            domain_name="${each.key}",
            validation_method="DNS",
            key_algorithm=inputs.key_algorithm,
            tags={"Name": prefix},
            # A change of the key makes another certificate, and AWS does not delete one that a listener uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        option = f"one({_address(certificates)}[each.key].domain_validation_options)"
        validated_by = self._validated_by(option, zone, prefix)
        issued = AcmCertificateValidation(
            self,
            "issued",
            certificate_arn=f"${{{_address(certificates)}[each.key].arn}}",
            validation_record_fqdns=validated_by and [f"${{{_address(validated_by[0])}[each.key].{validated_by[1]}}}"],
        )
        shown = LbListenerCertificate(
            self,
            "shown",
            listener_arn=listener_arn,
            certificate_arn=f"${{{_address(issued)}[each.key].certificate_arn}}",
        )
        own_zone = zone.id if zone else ""
        zones = {str(each.hostname): str(each.zone_id or own_zone) for each in hostnames}
        for resource in (certificates, issued, shown, *(validated_by or ())[:1]):
            resource.add_override("for_each", zones)
        if zone is None:
            self.validation_records = _records_of(certificates)

    def _validated_by(self, option: str, zone: Zone | None, prefix: str) -> tuple[TerraformResource, str] | None:
        """The records by which ACM validates, and which of their attributes is their name."""
        if zone is None:
            return None
        if zone.provider == "cloudflare":
            at_cloudflare = DnsRecord(
                self,
                "validation",
                zone_id="${each.value}",
                # Without the dot at the end, as modules/certificate has it.
                name=f'${{trimsuffix({option}.resource_record_name, ".")}}',
                type="CNAME",
                content=f'${{trimsuffix({option}.resource_record_value, ".")}}',
                ttl=60,
                proxied=False,
                comment=f"Validates a certificate of {prefix}",
            )
            return at_cloudflare, "name"
        in_route_53 = Route53Record(
            self,
            "validation",
            zone_id="${each.value}",
            name=f"${{{option}.resource_record_name}}",
            type=f"${{{option}.resource_record_type}}",
            records=[f"${{{option}.resource_record_value}}"],
            ttl=60,
        )
        return in_route_53, "fqdn"

    def _redirect(self, number: int, hosts: list[str], main_hostname: str, listener_arn: str, *, priority: int) -> None:
        LbListenerRule(
            self,
            f"redirect-{number + 1}" if number else "redirect",
            listener_arn=listener_arn,
            priority=priority,
            condition=[LbListenerRuleCondition(host_header=LbListenerRuleConditionHostHeader(values=hosts))],
            action=[
                LbListenerRuleAction(
                    type="redirect",
                    redirect=LbListenerRuleActionRedirect(
                        host=main_hostname,
                        path="/#{path}",
                        query="#{query}",
                        protocol="HTTPS",
                        port="443",
                        status_code="HTTP_301",
                    ),
                )
            ],
        )


def _parts(hosts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(hosts), HOSTS_PER_REDIRECT):
        yield hosts[start : start + HOSTS_PER_REDIRECT]


def _records_of(certificates: AcmCertificate) -> list[str]:
    parts = "${option.resource_record_name} ${option.resource_record_type} ${option.resource_record_value}"
    options = f"flatten([for each in values({_address(certificates)}) : tolist(each.domain_validation_options)])"
    return Token.as_list(f'${{sort([for option in {options} : "{parts}"])}}')


def _address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
