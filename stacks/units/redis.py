"""The redis unit: the cache and the broker of the application."""

from __future__ import annotations

from dataclasses import fields

from cdktf import App

from modules.redis.inputs import RedisInputs
from modules.redis.main import Redis
from modules.redis.outputs import RedisBrokerOutputs, RedisOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import REDIS
from stacks.units.network import NetworkUnit


class RedisUnit(Unit[RedisOutputs]):
    """Redis in the private subnets of the network."""

    NAME = REDIS

    def __init__(self, app: App, environment: Environment, *, inputs: RedisInputs, network: NetworkUnit) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        redis = Redis(
            self,
            "redis",
            inputs=inputs,
            prefix=environment.prefix,
            placement=self.read(network).private,
        )
        outputs = redis.outputs
        if environment.observability and inputs.broker:
            known = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
            outputs = RedisBrokerOutputs(**known, broker_member_clusters=redis.broker_member_clusters)
        self.outputs = self.publish(outputs)
