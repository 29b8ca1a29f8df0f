"""Where resources are in a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Subnets of a VPC, and the application that is run or admitted there."""

    vpc_id: str
    subnet_ids: list[str]
    application_security_group_id: str
    """The group of every task of the application."""
