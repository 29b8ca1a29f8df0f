"""Inputs of Redis on ElastiCache."""

from __future__ import annotations

from modules.validation import inputs


@inputs
class RedisGroupInputs:
    node_type: str
    nodes: int = 2


@inputs
class RedisInputs:
    cache: RedisGroupInputs
    broker: RedisGroupInputs | None = None
    """The group of the Celery broker; None: the broker is database 1 of the cache's group."""
