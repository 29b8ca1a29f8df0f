"""Who reaches the load balancer, and whom it reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.placement import Placement
from modules.security_group import admit, security_group

HTTPS, HTTP = 443, 80
PORTS: Mapping[str, int] = {"https": HTTPS, "http": HTTP}
"""The ports of the listeners, by what their rules are named after."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One of those who reach the load balancer, by a prefix list or a block."""

    suffix: str = ""
    """Of the names of its rules."""
    description: str
    prefix_list_id: str | None = None
    cidr: str | None = None
    cidr_ipv6: str | None = None

    @classmethod
    def block(cls, cidr: str) -> Self:
        """A block of IPv4 that an environment names."""
        return cls(suffix=f"-{re.sub('[./]', '-', cidr)}", description=cidr, cidr=cidr)


EVERYBODY = Source(description="Everybody", cidr="0.0.0.0/0")
EVERYBODY_IPV6 = Source(suffix="-ipv6", description="Everybody", cidr_ipv6="::/0")


class LoadBalancerSecurityGroup(Construct):
    """Open to its sources, on 443 and 80 or on 80 alone; closed towards all but the application's ports.

    With `existing_id` that is the business of a group that exists, and only the application admits it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        existing_id: str | None,
        prefix: str,
        placement: Placement,
        container_port: int,
        further_ports: Iterable[int] = (),
        sources: Iterable[Source],
        ports: Mapping[str, int] = PORTS,
    ) -> None:
        super().__init__(scope, id)
        of_tasks = {"": container_port, **{f"-{port}": port for port in further_ports}}
        self.id = str(existing_id) if existing_id else self._group(prefix, placement, of_tasks, sources, ports)
        # The first rule follows web to another port, and AWS refuses two rules of one port: Terraform deletes those of
        # ports that nobody has any more, then changes it, then creates those of new ports.
        first: list[ITerraformDependable] = []
        for suffix, port in of_tasks.items():
            rule = admit(
                self,
                f"application{suffix}",
                to=placement.application_security_group_id,
                port=port,
                description="The load balancer",
                security_group_id=self.id,
                depends_on=first or None,
            )
            first = first or [rule]

    def _group(
        self,
        prefix: str,
        placement: Placement,
        of_tasks: Mapping[str, int],
        sources: Iterable[Source],
        ports: Mapping[str, int],
    ) -> str:
        group = security_group(
            self, "Default", name=f"{prefix}-alb", description="The load balancer", vpc_id=placement.vpc_id
        )
        for source in sources:
            for name, port in ports.items():
                admit(
                    self,
                    f"{name}{source.suffix}",
                    to=group.id,
                    port=port,
                    description=source.description,
                    prefix_list_id=source.prefix_list_id,
                    cidr=source.cidr,
                    cidr_ipv6=source.cidr_ipv6,
                )
        first: list[ITerraformDependable] = []  # as above
        for suffix, port in of_tasks.items():
            rule = VpcSecurityGroupEgressRule(
                self,
                f"to-application{suffix}",
                security_group_id=group.id,
                description="The application",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                referenced_security_group_id=placement.application_security_group_id,
                depends_on=first or None,
            )
            first = first or [rule]
        return group.id
