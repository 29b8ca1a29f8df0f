"""The certificate unit: what the load balancer shows to Cloudflare and to browsers."""

from __future__ import annotations

from cdktf import App

from modules.certificate.main import Certificate
from modules.certificate.outputs import CertificateOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import CERTIFICATE


class CertificateUnit(Unit[CertificateOutputs]):
    """A unit of its own: the listener needs the certificate, and the public record needs the load balancer."""

    NAME = CERTIFICATE

    def __init__(self, app: App, environment: Environment) -> None:
        super().__init__(app, environment)
        inputs, zone = environment.certificate, environment.zone
        # One that exists needs none, but the state may still hold what has retired, and Terraform deletes by these.
        providers.aws(self, environment)
        if zone and zone.provider == "cloudflare":
            providers.cloudflare(self)
        module = Certificate(
            self,
            "certificate",
            inputs=inputs,
            prefix=environment.prefix,
            domain_name=environment.hostname,
            zone=zone,
            # A name that was the main one, and is a further one now: the unit of DNS has its record.
            validated_elsewhere=inputs.retired_names & {*environment.hostnames[1:]},
        )
        self.outputs = self.publish(module.outputs)
