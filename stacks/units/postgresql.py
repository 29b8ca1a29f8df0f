"""The postgresql unit: the application's database."""

from __future__ import annotations

from cdktf import App

from modules.postgresql.main import PostgreSQL
from modules.postgresql.outputs import PostgreSQLOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import POSTGRESQL
from stacks.units.network import NetworkUnit


class PostgreSQLUnit(Unit[PostgreSQLOutputs]):
    """PostgreSQL in the database subnets of the network."""

    NAME = POSTGRESQL

    def __init__(self, app: App, environment: Environment, *, network: NetworkUnit) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        postgresql = PostgreSQL(
            self,
            "postgresql",
            inputs=environment.postgresql,
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
            placement=self.read(network).database,
        )
        self.outputs = self.publish(postgresql.outputs)
