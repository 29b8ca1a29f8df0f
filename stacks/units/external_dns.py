"""The external-dns unit: which records somebody else has to make. Its resources are those of further hostnames."""

from __future__ import annotations

from cdktf import App

from modules import dns
from modules.external_dns.outputs import ExternalDnsOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import EXTERNAL_DNS
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.further_hostnames import further_hostnames


class ExternalDnsUnit(Unit[ExternalDnsOutputs]):
    NAME = EXTERNAL_DNS

    def __init__(self, app: App, environment: Environment, *, django_service: DjangoServiceUnit) -> None:
        super().__init__(app, environment)
        service = self.read(django_service)
        validation_records: list[str] = []
        if environment.further_hostnames:
            providers.aws(self, environment)
            validation_records = further_hostnames(self, environment, service)
        outputs = ExternalDnsOutputs(
            records=[dns.line(name, "CNAME", service.alb_dns_name) for name in environment.hostnames],
            validation_records=validation_records,
            fqdn=environment.hostname,
            url=environment.url,
        )
        self.outputs = self.publish(outputs)
