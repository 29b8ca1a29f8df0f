"""What the unit of DNS does for further hostnames, of whatever kind it is."""

from __future__ import annotations

from constructs import Construct

from modules.further_hostnames.main import FurtherHostnames
from stacks.config.schema import Environment
from stacks.units.django_service.outputs import DjangoServiceListenerOutputs, DjangoServiceOutputs


def further_hostnames(unit: Construct, environment: Environment, service: DjangoServiceOutputs) -> list[str]:
    """Their certificates and redirects, which need the provider of AWS. Returns the records that somebody has to make.

    They are in this unit, because a certificate cannot be deleted while the listener, which is in another, uses it.
    """
    if not environment.further_hostnames or not isinstance(service, DjangoServiceListenerOutputs):
        return []
    return FurtherHostnames(
        unit,
        "hostnames",
        hostnames=environment.further_hostnames,
        main_hostname=environment.hostname,
        certificate=environment.certificate,
        zone=environment.zone,
        listener_arn=service.alb_https_listener_arn,
        prefix=environment.prefix,
    ).validation_records
