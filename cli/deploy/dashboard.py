"""Where a person sees the figures of an environment."""

from __future__ import annotations

from stacks.config.schema import Environment


def url(environment: Environment) -> str:
    """The dashboard of CloudWatch; empty where the environment has none."""
    if not environment.observability or not environment.observability.dashboard:
        return ""
    console = f"https://{environment.region}.console.aws.amazon.com/cloudwatch/home?region={environment.region}"
    return f"{console}#dashboards/dashboard/{environment.prefix}"
