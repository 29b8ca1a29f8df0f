"""What other units may read of the network."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from modules.placement import Placement


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkOutputs:
    """The VPC, its subnets by tier, and the application's security group."""

    vpc_id: str
    vpc_cidr: str
    public_subnet_ids: list[str]
    private_subnet_ids: list[str]
    database_subnet_ids: list[str]
    application_security_group_id: str
    """The group of every task of the application: PostgreSQL and Redis admit it before the service exists."""
    nat_public_ips: list[str]
    """Where the application calls the internet from, for the allow lists of others. Of a VPC that exists, and without a
    NAT, there are none."""
    endpoint_security_group_id: str
    """The group of the interface endpoints, for `ExistingNetworkInputs.endpoint_security_group_id` of others in this
    VPC. Empty where there is none."""

    @property
    def public(self) -> Placement:
        """For what the internet reaches."""
        return self._placement(self.public_subnet_ids)

    @property
    def private(self) -> Placement:
        """For what reaches the internet."""
        return self._placement(self.private_subnet_ids)

    @property
    def database(self) -> Placement:
        """For what has nothing to do with the internet."""
        return self._placement(self.database_subnet_ids)

    def _placement(self, subnet_ids: list[str]) -> Placement:
        return Placement(
            vpc_id=self.vpc_id,
            subnet_ids=subnet_ids,
            application_security_group_id=self.application_security_group_id,
        )

    @classmethod
    def mock(cls) -> Self:
        return cls(
            vpc_id="vpc-00000000000000000",
            vpc_cidr="10.255.0.0/16",
            public_subnet_ids=["subnet-00000000000000001", "subnet-00000000000000002"],
            private_subnet_ids=["subnet-00000000000000011", "subnet-00000000000000012"],
            database_subnet_ids=["subnet-00000000000000021", "subnet-00000000000000022"],
            application_security_group_id="sg-00000000000000000",
            nat_public_ips=["192.0.2.1", "192.0.2.2"],
            endpoint_security_group_id="sg-00000000000000001",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkGatewayOutputs(NetworkOutputs):
    """Of an environment whose NAT gateways are watched."""

    nat_gateway_ids: list[str]
    """One for each zone, or a single one."""

    @classmethod
    def mock(cls) -> Self:
        others = NetworkOutputs.mock()
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            nat_gateway_ids=["nat-00000000000000001", "nat-00000000000000002"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkInstanceOutputs(NetworkOutputs):
    """Of an environment whose NAT instance is watched."""

    nat_instance_id: str

    @classmethod
    def mock(cls) -> Self:
        others = NetworkOutputs.mock()
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            nat_instance_id="i-00000000000000001",
        )
