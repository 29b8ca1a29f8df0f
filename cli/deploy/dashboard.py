"""Where a person sees the figures of an environment."""

from __future__ import annotations

from modules.observability import dashboard
from stacks.config.schema import Environment


def url(environment: Environment) -> str:
    """The dashboard of CloudWatch; empty where the environment has none."""
    if not environment.observability or not environment.observability.dashboard:
        return ""
    return dashboard.url(environment.prefix, environment.region)
