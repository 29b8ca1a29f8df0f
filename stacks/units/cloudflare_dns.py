"""The cloudflare-dns unit: the public name of the service."""

from __future__ import annotations

from cdktf import App

from modules.cloudflare_dns.cache_rules import CacheRules
from modules.cloudflare_dns.firewall import CustomRules, RateLimits
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudflare_dns.main import CloudflareDns
from modules.cloudflare_dns.origin_pulls import OriginPulls
from modules.cloudflare_dns.outputs import CloudflareDnsOutputs
from modules.cloudflare_dns.zone_settings import ZoneSettings
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import CLOUDFLARE_DNS
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.further_hostnames import further_hostnames


class CloudflareDnsUnit(Unit[CloudflareDnsOutputs]):
    """The token needs DNS:Edit on the zone; its settings, cache rules and firewall have permissions of their own."""

    NAME = CLOUDFLARE_DNS

    def __init__(
        self, app: App, environment: Environment, *, inputs: CloudflareDnsInputs, django_service: DjangoServiceUnit
    ) -> None:
        super().__init__(app, environment)
        providers.cloudflare(self)
        zone_id = str(inputs.zone_id)
        service = self.read(django_service)
        record = CloudflareDns(self, "record", inputs=inputs, load_balancer_dns_name=service.alb_dns_name)
        if inputs.cache_rule is not None:
            rule, hostname = inputs.cache_rule, str(inputs.hostname)
            CacheRules(self, "cache", inputs=rule, zone_id=zone_id, hostname=hostname)
        hostnames = inputs.hostnames_of_zone
        if inputs.rate_limits:
            RateLimits(self, "rate-limits", limits=inputs.rate_limits, zone_id=zone_id, hostnames=hostnames)
        if inputs.custom_rules:
            CustomRules(self, "custom-rules", rules=inputs.custom_rules, zone_id=zone_id, hostnames=hostnames)
        if inputs.authenticated_origin_pulls is not None:
            pulls = inputs.authenticated_origin_pulls
            OriginPulls(self, "origin-pulls", inputs=pulls, zone_id=zone_id, hostnames=hostnames)
        if inputs.zone_settings is not None:
            ZoneSettings(self, "zone", inputs=inputs.zone_settings, zone_id=zone_id)
        if inputs.further_hostnames:
            providers.aws(self, environment)
            further_hostnames(self, environment, service)
        self.outputs = self.publish(record.outputs)
