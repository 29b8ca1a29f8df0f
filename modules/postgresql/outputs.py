"""What other units may read of PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgreSQLOutputs:
    """Where PostgreSQL is, who its master user is, and what policies and security groups name."""

    endpoint: str
    """`address:port`."""
    address: str
    port: int
    database_name: str
    master_username: str
    arn: str
    resource_id: str
    """What `rds-db:connect` names in place of the identifier: `db-` and 26 characters."""
    security_group_id: str
    master_secret_arn: str
    """Of a secret whose value is a JSON object with the keys username and password."""
    replica_address: str
    """Empty without a read replica."""

    @classmethod
    def mock(cls) -> Self:
        return cls(
            endpoint="mock-postgresql.invalid:5432",
            address="mock-postgresql.invalid",
            port=5432,
            database_name="mock",
            master_username="mock",
            arn="arn:aws:rds:us-east-1:000000000000:db:mock-postgresql",
            resource_id="db-MOCK0000000000000000000000",
            security_group_id="sg-00000000000000005",
            master_secret_arn="arn:aws:secretsmanager:us-east-1:000000000000:secret:mock-postgresql-AbCdEf",  # noqa: S106  an ARN, not the secret
            replica_address="mock-postgresql-replica.invalid",
        )
