"""Inputs of the ECS cluster."""

from __future__ import annotations

from typing import Literal

from modules.validation import inputs


@inputs
class EcsClusterInputs:
    """A cluster on Fargate."""

    container_insights: Literal["disabled", "enabled", "enhanced"] = "enabled"
    """Metrics of clusters and services, paid by metric; "enhanced": of tasks and containers too.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights.html"""
