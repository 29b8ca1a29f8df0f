"""The postgresql unit: the application's database."""

from __future__ import annotations

from cdktf import App

from modules.postgresql.main import PostgreSQL
from modules.postgresql.outputs import PostgreSQLOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.units.network import NetworkUnit


class PostgreSQLUnit(Unit[PostgreSQLOutputs]):
    """PostgreSQL in the database subnets of the network."""

    NAME = "postgresql"

    def __init__(self, app: App, environment: Environment, *, network: NetworkUnit) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        network_outputs = self.read(network)
        postgresql = PostgreSQL(
            self,
            "postgresql",
            inputs=environment.postgresql,
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
            vpc_id=network_outputs.vpc_id,
            subnet_ids=network_outputs.database_subnet_ids,
            application_security_group_id=network_outputs.application_security_group_id,
        )
        self.outputs = self.publish(postgresql.outputs)
