"""A certificate of ACM that proves itself by records at Cloudflare."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecord
from constructs import Construct

from modules.certificate.inputs import CertificateInputs
from modules.certificate.outputs import CertificateOutputs
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
        zone_id: str,
        zone_name: str,
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        for problem in inputs.rules_of(hostname=domain_name, zone_name=zone_name):
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
        records = self._records(certificate, zone_id, prefix)
        issued = AcmCertificateValidation(
            self,
            "issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=Token.as_list(f"${{[for record in {_address(records)} : record.name]}}"),
        )
        self.outputs = CertificateOutputs(certificate_arn=issued.certificate_arn, domain_name=domain_name)

    def _records(self, certificate: AcmCertificate, zone_id: str, prefix: str) -> DnsRecord:
        """One record for each name: ACM asks the same of *.example.com and of example.com.

        ACM's names end with a dot, which Cloudflare drops and its provider would want back in each plan:
        https://github.com/cloudflare/terraform-provider-cloudflare/issues/7286
        """
        records = DnsRecord(
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
        options = f"{_address(certificate)}.domain_validation_options"
        by_name = f'{{for option in {options} : trimprefix(option.domain_name, "*.") => option...}}'
        records.add_override("for_each", f"${{{by_name}}}")
        return records


def _address(resource: AcmCertificate | DnsRecord) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
