"""A certificate of ACM that proves itself by records at Cloudflare, in Route 53, or of somebody else."""

from __future__ import annotations

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
    """A certificate for a name, the records by which ACM validates it, and the wait until it is issued."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: CertificateInputs,
        prefix: str,
        domain_name: str,
        zone: Zone | None,
    ) -> None:
        """`zone` is where the records are made by which ACM validates; None: somebody makes those of the outputs."""
        super().__init__(scope, id)
        validate(inputs)
        for problem in inputs.rules_of(hostname=domain_name, zone_name=zone.name if zone else None):
            raise InvalidInput(problem.field, problem.what, problem.remedy)
        certificate = AcmCertificate(
            self,
            "Default",
            domain_name=domain_name,
            subject_alternative_names=list(inputs.subject_alternative_names) or None,
            validation_method="DNS",
            key_algorithm=inputs.key_algorithm,
            tags={"Name": prefix},
            # Whatever changes makes another certificate, and AWS does not delete one that a listener uses.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        issued = AcmCertificateValidation(
            self,
            "issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=self._validated_by(certificate, zone, prefix) if zone else None,
        )
        self.outputs = CertificateOutputs(certificate_arn=issued.certificate_arn, domain_name=domain_name)
        if zone is None:
            self.outputs = RequestedCertificateOutputs(
                certificate_arn=issued.certificate_arn,
                domain_name=domain_name,
                validation_records=_records_of(certificate),
            )

    def _validated_by(self, certificate: AcmCertificate, zone: Zone, prefix: str) -> list[str]:
        """The names of the records, one for each name: ACM asks the same of *.example.com and of example.com."""
        options = f"{_address(certificate)}.domain_validation_options"
        by_name = f'{{for option in {options} : trimprefix(option.domain_name, "*.") => option...}}'
        records: TerraformResource
        if zone.provider == "cloudflare":
            records, name = self._at_cloudflare(zone.id, prefix), "name"
        else:
            records, name = self._in_route_53(zone.id), "fqdn"
        records.add_override("for_each", f"${{{by_name}}}")
        return Token.as_list(f"${{[for record in {_address(records)} : record.{name}]}}")

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


def _records_of(certificate: AcmCertificate) -> list[str]:
    """A line for each record by which ACM validates."""
    parts = "${option.resource_record_name} ${option.resource_record_type} ${option.resource_record_value}"
    options = f"{_address(certificate)}.domain_validation_options"
    return Token.as_list(f'${{sort(distinct([for option in {options} : "{parts}"]))}}')


def _address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
