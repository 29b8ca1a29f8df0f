"""The redis unit: the cache and the broker of the application."""

from __future__ import annotations

from cdktf import App

from modules.redis.main import Redis
from modules.redis.outputs import RedisOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.units.network import NetworkUnit


class RedisUnit(Unit[RedisOutputs]):
    """Redis in the private subnets of the network."""

    NAME = "redis"

    def __init__(self, app: App, environment: Environment, *, network: NetworkUnit) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        network_outputs = self.read(network)
        redis = Redis(
            self,
            "redis",
            inputs=environment.redis,
            prefix=environment.prefix,
            vpc_id=network_outputs.vpc_id,
            subnet_ids=network_outputs.private_subnet_ids,
            application_security_group_id=network_outputs.application_security_group_id,
        )
        self.outputs = self.publish(redis.outputs)
