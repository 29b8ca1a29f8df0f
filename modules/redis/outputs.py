"""What other units may read of Redis."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

CACHE, QUEUE = 0, 1
"""The databases of a group that carries both. In a broker's own group tasks are in database 0."""


def url(host: str, port: int | str, database: int) -> str:
    """The URL of a database, without a credential."""
    # Without ssl_cert_reqs Celery takes any certificate for its broker, and refuses the URL for its results.
    # https://docs.celeryq.dev/en/stable/userguide/configuration.html#broker-use-ssl
    return f"rediss://{host}:{port}/{database}?ssl_cert_reqs=required"


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisOutputs:
    """Where the cache and the broker are, and what policies and security groups name."""

    primary_endpoint_address: str
    reader_endpoint_address: str
    port: int
    arn: str
    id: str
    """Of the cache's replication group: what a token of IAM is signed for."""
    member_clusters: list[str]
    broker_primary_endpoint_address: str
    """The cache's own where one group carries both; so are broker_arn and broker_id."""
    broker_arn: str
    broker_id: str
    security_group_id: str
    redis_url: str
    """Database 0 of the cache's group: rediss://, without a credential."""
    celery_broker_url: str
    """Database 1 of the cache's group, or database 0 of the broker's: rediss://, without a credential."""
    iam_user_name: str
    """Who signs in with a token of IAM; empty where Redis asks for none."""
    iam_user_arn: str
    """What `elasticache:Connect` names beside the replication group; empty where Redis asks for no token."""

    @classmethod
    def mock(cls) -> Self:
        return cls(
            primary_endpoint_address="mock-redis.invalid",
            reader_endpoint_address="mock-redis-ro.invalid",
            port=6379,
            arn="arn:aws:elasticache:us-east-1:000000000000:replicationgroup:mock-redis",
            id="mock-redis",
            member_clusters=["mock-redis-001", "mock-redis-002"],
            broker_primary_endpoint_address="mock-redis-broker.invalid",
            broker_arn="arn:aws:elasticache:us-east-1:000000000000:replicationgroup:mock-redis-broker",
            broker_id="mock-redis-broker",
            security_group_id="sg-00000000000000006",
            redis_url="rediss://mock-redis.invalid:6379/0?ssl_cert_reqs=required",
            celery_broker_url="rediss://mock-redis-broker.invalid:6379/0?ssl_cert_reqs=required",
            iam_user_name="mock-redis",
            iam_user_arn="arn:aws:elasticache:us-east-1:000000000000:user:mock-redis",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisBrokerOutputs(RedisOutputs):
    """Of an environment whose broker has a group of its own, the nodes of which are watched."""

    broker_member_clusters: list[str]

    @classmethod
    def mock(cls) -> Self:
        others = RedisOutputs.mock()
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            broker_member_clusters=["mock-redis-broker-001", "mock-redis-broker-002"],
        )
