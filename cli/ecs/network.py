"""Where a one-off task runs: the subnets and security groups of the service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import NetworkConfigurationOutputTypeDef, NetworkConfigurationTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The `awsvpcConfiguration` of a task without a public address."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]

    @classmethod
    def of_service(cls, configuration: NetworkConfigurationOutputTypeDef) -> Self:
        """The one of a service, as `describe_services` answers it."""
        vpc = configuration["awsvpcConfiguration"]
        return cls(subnet_ids=tuple(vpc["subnets"]), security_group_ids=tuple(vpc.get("securityGroups", ())))

    def configuration(self) -> NetworkConfigurationTypeDef:
        """As `run_task` takes it."""
        return {
            "awsvpcConfiguration": {
                "subnets": list(self.subnet_ids),
                "securityGroups": list(self.security_group_ids),
                "assignPublicIp": "DISABLED",
            }
        }
