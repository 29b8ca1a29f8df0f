"""The network unit: what every other unit of an environment stands in."""

from __future__ import annotations

from dataclasses import fields

from cdktf import App

from modules.network.inputs import NetworkInputs
from modules.network.main import ExistingNetwork, Network
from modules.network.outputs import NetworkGatewayOutputs, NetworkInstanceOutputs, NetworkOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import NETWORK


class NetworkUnit(Unit[NetworkOutputs]):
    NAME = NETWORK

    def __init__(self, app: App, environment: Environment) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        network: Network | ExistingNetwork
        if isinstance(environment.network, NetworkInputs):
            network = Network(
                self,
                "network",
                inputs=environment.network,
                prefix=environment.prefix,
                region=environment.region,
                account_id=environment.account_id,
            )
        else:
            network = ExistingNetwork(
                self,
                "network",
                inputs=environment.network,
                prefix=environment.prefix,
                balanced="private" if environment.django_service.load_balancer.internal else "public",
            )
        outputs = network.outputs
        if environment.observability and isinstance(network, Network):
            known = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
            if network.nat_gateway_ids:
                outputs = NetworkGatewayOutputs(**known, nat_gateway_ids=network.nat_gateway_ids)
            elif network.nat_instance_id:
                outputs = NetworkInstanceOutputs(**known, nat_instance_id=network.nat_instance_id)
        self.outputs = self.publish(outputs)
