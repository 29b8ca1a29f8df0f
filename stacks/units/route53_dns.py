"""The route53-dns unit: the public names of the service."""

from __future__ import annotations

from cdktf import App

from modules.route53_dns.inputs import Route53DnsInputs
from modules.route53_dns.main import Route53Dns
from modules.route53_dns.outputs import Route53DnsOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import ROUTE53_DNS
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.further_hostnames import further_hostnames


class Route53DnsUnit(Unit[Route53DnsOutputs]):
    NAME = ROUTE53_DNS

    def __init__(
        self, app: App, environment: Environment, *, inputs: Route53DnsInputs, django_service: DjangoServiceUnit
    ) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        service = self.read(django_service)
        record = Route53Dns(
            self,
            "record",
            inputs=inputs,
            load_balancer_dns_name=service.alb_dns_name,
            load_balancer_zone_id=service.alb_zone_id,
            ipv6=environment.django_service.load_balancer.ip_address_type == "dualstack",
        )
        further_hostnames(self, environment, service)
        # For an AWS that is local, which has to make the zones first.
        self.add_override("//.hosted_zones", environment.hosted_zones)
        self.outputs = self.publish(record.outputs)
