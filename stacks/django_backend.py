"""The stack: the units of one environment, in the order of their dependencies."""

from __future__ import annotations

from typing import Any

from cdktf import App

from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudfront.inputs import NoDnsInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.route53_dns.inputs import Route53DnsInputs
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.units.alerts import AlertsUnit
from stacks.units.backup import BackupUnit
from stacks.units.certificate import CertificateUnit
from stacks.units.cloudflare_dns import CloudflareDnsUnit
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.external_dns import ExternalDnsUnit
from stacks.units.network import NetworkUnit
from stacks.units.observability import ObservabilityUnit
from stacks.units.postgresql import PostgreSQLUnit
from stacks.units.redis import RedisUnit
from stacks.units.route53_dns import Route53DnsUnit


def compose(app: App, environment: Environment) -> list[Unit[Any]]:
    """All units of a Django backend. What a unit depends on is what it is given here."""
    alerts = AlertsUnit(app, environment, inputs=environment.alerts) if environment.alerts else None
    network = NetworkUnit(app, environment)
    postgresql = PostgreSQLUnit(app, environment, network=network)
    redis = RedisUnit(app, environment, inputs=environment.redis, network=network) if environment.redis else None
    certificate = None if environment.is_behind_cloudfront else CertificateUnit(app, environment)
    django_service = DjangoServiceUnit(
        app,
        environment,
        network=network,
        postgresql=postgresql,
        redis=redis,
        certificate=certificate,
        alerts=alerts,
    )
    dns = _dns(app, environment, django_service)
    backup = (
        BackupUnit(app, environment, inputs=environment.backup, postgresql=postgresql, django_service=django_service)
        if environment.backup
        else None
    )
    found = (network, postgresql, redis, certificate, django_service, dns, backup)
    units: list[Unit[Any]] = [unit for unit in found if unit is not None]
    if alerts is None:
        return units
    for unit in units:
        if not unit.dependencies:
            unit.add_dependency(alerts)
    if environment.observability:
        observability = ObservabilityUnit(
            app,
            environment,
            inputs=environment.observability,
            alerts=alerts,
            network=network,
            redis=redis,
            certificate=certificate,
            django_service=django_service,
        )
        return [alerts, *units, observability]
    return [alerts, *units]


def _dns(app: App, environment: Environment, django_service: DjangoServiceUnit) -> Unit[Any] | None:
    """The unit of the kind of DNS that the environment has; None where it has none."""
    match environment.dns_inputs:
        case CloudflareDnsInputs() as inputs:
            return CloudflareDnsUnit(app, environment, inputs=inputs, django_service=django_service)
        case Route53DnsInputs() as inputs:
            return Route53DnsUnit(app, environment, inputs=inputs, django_service=django_service)
        case ExternalDnsInputs():
            return ExternalDnsUnit(app, environment, django_service=django_service)
        case NoDnsInputs():
            return None
