"""Redis on ElastiCache: IAM tokens, and a cache that a broken connection cannot turn into a broken page."""

import logging
from collections.abc import Callable
from typing import Any

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis import CredentialProvider, RedisError

logger = logging.getLogger(__name__)


class ElastiCacheIam(CredentialProvider):
    """A fresh token for every new connection: it lives 15 minutes and is signed for the group that is called.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
    """

    def replication_group_id(self) -> str:
        raise NotImplementedError

    def get_credentials(self) -> tuple[str, str]:
        session = boto3.Session(region_name=settings.AWS_REGION)
        signer = RequestSigner(
            ServiceId("elasticache"),
            settings.AWS_REGION,
            "elasticache",
            "v4",
            session.get_credentials(),
            session.events,
        )
        url = signer.generate_presigned_url(
            {
                "method": "GET",
                "url": f"https://{self.replication_group_id()}/?Action=connect&User={settings.REDIS_IAM_USER}",
                "body": {},
                "headers": {},
                "context": {},
            },
            operation_name="connect",
            expires_in=900,
            region_name=settings.AWS_REGION,
        )
        return settings.REDIS_IAM_USER, url.removeprefix("https://")


class CacheIam(ElastiCacheIam):
    """Signs in to the group of REDIS_URL."""

    def replication_group_id(self) -> str:
        return settings.REDIS_REPLICATION_GROUP_ID


class BrokerIam(ElastiCacheIam):
    """Signs in to the group of CELERY_BROKER_URL. Kombu makes an instance by name and without arguments."""

    def replication_group_id(self) -> str:
        return settings.CELERY_BROKER_REPLICATION_GROUP_ID


class ForgivingRedisCache(RedisCache):
    """A cache that cannot be reached remembers nothing: pages get slower, throttles let pass, nothing fails.

    Readiness still sees it, because what it has just written is not there.
    """

    def _forgive(self, call: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return call()
        except RedisError as error:
            logger.warning("the cache does not answer", extra={"error": type(error).__name__})
            return otherwise

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).set(key, value, *args, **kwargs), None)

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).add(key, value, *args, **kwargs), False)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).has_key(key, version), False)
