"""What others read of the ECS cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EcsClusterOutputs:
    """What a service needs to know of its cluster."""

    name: str
    arn: str
