"""A certificate of ACM that proves itself by records at Cloudflare, in Route 53, or of somebody else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cdktf import TerraformResource, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from constructs import Construct

from modules.certificate.inputs import CertificateInputs
from modules.certificate.outputs import CertificateOutputs, RequestedCertificateOutputs
from modules.dns import Zone
from modules.validation import InvalidInput, validate


class Certificate(Construct):
    """A certificate for a name, the records by which ACM validates it, and the wait until it is issued.

    The one that `retiring` names stays beside it, because the listener that still shows it is in a later unit.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: CertificateInputs,
        prefix: str,
        domain_name: str,
        zone: Zone | None,
        validated_elsewhere: Collection[str] = (),
    ) -> None:
        """`zone` is where the records are made by which ACM validates; None: somebody makes those of the outputs.

        `validated_elsewhere` are names whose record another unit makes. ACM asks for the same one in each certificate
        of an account, and a zone takes it once.
        """
        super().__init__(scope, id)
        validate(inputs)
        for problem in inputs.rules_of(hostname=domain_name, zone_name=zone.name if zone else None):
            raise InvalidInput(problem.field, problem.what, problem.remedy)
        requested: list[AcmCertificate] = []
        if inputs.existing_arn is None:
            names = inputs.subject_alternative_names
            requested.append(self._request(prefix, inputs.version, domain_name, names, inputs.key_algorithm))
        if old := inputs.retiring:
            names = old.subject_alternative_names
            requested.append(self._request(prefix, old.version, str(old.hostname), names, old.key_algorithm))
        fqdns = self._validated_by(requested, zone, prefix, validated_elsewhere) if zone and requested else None
        if inputs.existing_arn is not None:
            self.outputs = CertificateOutputs(certificate_arn=str(inputs.existing_arn), domain_name=domain_name)
            return
        issued = AcmCertificateValidation(
            self, "issued", certificate_arn=requested[0].arn, validation_record_fqdns=fqdns
        )
        self.outputs = CertificateOutputs(certificate_arn=issued.certificate_arn, domain_name=domain_name)
        if zone is None:
            self.outputs = RequestedCertificateOutputs(
                certificate_arn=issued.certificate_arn,
                domain_name=domain_name,
                validation_records=_records_of(requested),
            )

    def _request(
        self, prefix: str, version: int, hostname: str, names: Sequence[str], key_algorithm: str
    ) -> AcmCertificate:
        return AcmCertificate(
            self,
            "Default" if version == 1 else f"version-{version}",
            domain_name=hostname,
            subject_alternative_names=list(names) or None,
            validation_method="DNS",
            key_algorithm=key_algorithm,
            tags={"Name": prefix},
            # Whatever changes makes another certificate, and AWS does not delete one that a listener uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

    def _validated_by(
        self, certificates: Sequence[AcmCertificate], zone: Zone, prefix: str, elsewhere: Collection[str]
    ) -> list[str]:
        """The names of the first one's records, one for each name: ACM asks the same of *.example.com and example.com.

        Of a name that several certificates have, the record stays as the last one, which exists already, knows it.
        """
        of_each = [
            f'{{for option in {_address(each)}.domain_validation_options : trimprefix(option.domain_name, "*.") '
            "=> option...}"
            for each in certificates
        ]
        by_name = of_each[0] if len(of_each) == 1 else f"merge({', '.join(of_each)})"
        if elsewhere:
            others = ", ".join(f'"{name}"' for name in sorted(elsewhere))
            by_name = f"{{for name, options in {by_name} : name => options if !contains([{others}], name)}}"
        records: TerraformResource
        if zone.provider == "cloudflare":
            records, name = self._at_cloudflare(zone.id, prefix), "name"
        else:
            records, name = self._in_route_53(zone.id), "fqdn"
        records.add_override("for_each", f"${{{by_name}}}")
        if len(certificates) == 1:
            return Token.as_list(f"${{[for record in {_address(records)} : record.{name}]}}")
        return Token.as_list(f"${{[for key in keys({of_each[0]}) : {_address(records)}[key].{name}]}}")

    def _at_cloudflare(self, zone_id: str, prefix: str) -> DnsRecord:
        """ACM's names end with a dot, which Cloudflare drops and its provider would want back in each plan.

        https://github.com/cloudflare/terraform-provider-cloudflare/issues/7286
        """
        return DnsRecord(
            self,
            "validation",
            zone_id=zone_id,
            name='${trimsuffix(each.value[0].resource_record_name, ".")}',
            type="CNAME",
            content='${trimsuffix(each.value[0].resource_record_value, ".")}',
            ttl=60,
            proxied=False,  # a proxied record answers with Cloudflare's addresses, not with what ACM looks for
            comment=f"Validates the certificate of {prefix}",
        )

    def _in_route_53(self, zone_id: str) -> Route53Record:
        return Route53Record(
            self,
            "validation",
            zone_id=zone_id,
            name="${each.value[0].resource_record_name}",
            type="${each.value[0].resource_record_type}",
            records=["${each.value[0].resource_record_value}"],
            ttl=60,
        )


def _records_of(certificates: Sequence[AcmCertificate]) -> list[str]:
    """A line for each record by which ACM validates."""
    parts = "${option.resource_record_name} ${option.resource_record_type} ${option.resource_record_value}"
    lines = [f'[for option in {_address(each)}.domain_validation_options : "{parts}"]' for each in certificates]
    found = lines[0] if len(lines) == 1 else f"concat({', '.join(lines)})"
    return Token.as_list(f"${{sort(distinct({found}))}}")


def _address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
