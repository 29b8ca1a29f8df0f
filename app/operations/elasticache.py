"""Redis on ElastiCache: IAM tokens, and a cache that a broken connection cannot turn into a broken page."""

import collections
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.cache.backends.redis import RedisCache
from redis import CredentialProvider, RedisError
from redis import exceptions as redis_errors

from operations import aws
from operations.breaker import Breaker
from operations.conf import setting

logger = logging.getLogger(__name__)

_breakers: collections.defaultdict[str, Breaker] = collections.defaultdict(Breaker)


class ElastiCacheIam(CredentialProvider):
    """A fresh token for every new connection: it lives 15 minutes and is signed for the group that is called.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
    """

    def replication_group_id(self) -> str:
        raise NotImplementedError

    def get_credentials(self) -> tuple[str, str]:
        """Raises redis's own ConnectionError where AWS gives no credentials: what cannot sign in cannot connect."""
        try:
            return setting("REDIS_IAM_USER"), self._token()
        except (BotoCoreError, ClientError) as error:
            raise redis_errors.ConnectionError(f"no credentials to sign in with: {type(error).__name__}") from error

    def _token(self) -> str:
        group, user = self.replication_group_id(), setting("REDIS_IAM_USER")
        return aws.token("elasticache", setting("AWS_REGION"), group, {"User": user})


class CacheIam(ElastiCacheIam):
    """Signs in to the group of REDIS_URL."""

    def replication_group_id(self) -> str:
        return setting("REDIS_REPLICATION_GROUP_ID")


class BrokerIam(ElastiCacheIam):
    """Signs in to the group of CELERY_BROKER_URL. Kombu makes an instance by name and without arguments."""

    def replication_group_id(self) -> str:
        return setting("CELERY_BROKER_REPLICATION_GROUP_ID")


class JsonSerializer:
    """In place of pickle, which runs whatever somebody has written into Redis."""

    def dumps(self, value: Any) -> str:
        return json.dumps(value)

    def loads(self, data: bytes) -> Any:
        """None for what is not JSON."""
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


class ForgivingRedisCache(RedisCache):
    """A cache that cannot be reached remembers nothing: pages get slower, throttles let pass, nothing fails.

    After one failure it is not asked again for seconds: each operation would wait for its own timeout. Readiness still
    sees it, because what it has just written is not there.
    """

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._options: dict[str, Any] = {"serializer": JsonSerializer, **params.get("OPTIONS", {})}
        self._breaker = _breakers[str(server)]  # Django makes a cache for each thread

    def _forgive(self, call: Callable[[], Any], otherwise: Any) -> Any:
        if not self._breaker.allows():
            return otherwise
        try:
            answer = call()
        except RedisError as error:
            if isinstance(error, (redis_errors.ConnectionError, redis_errors.TimeoutError)):
                self._breaker.trip()
            logger.warning("the cache does not answer", extra={"error": type(error).__name__})
            return otherwise
        self._breaker.reset()
        return answer

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        value = self._forgive(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)
        return default if value is None else value  # what is not JSON counts as not there

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return self._forgive(lambda: super(ForgivingRedisCache, self).get_many(keys, version), {})

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).set(key, value, *args, **kwargs), None)

    def set_many(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> list[str]:
        return self._forgive(lambda: super(ForgivingRedisCache, self).set_many(data, *args, **kwargs), list(data))

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).add(key, value, *args, **kwargs), False)

    def touch(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).touch(key, *args, **kwargs), False)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError where the key is not there, as Django does."""

        def call() -> int | None:
            try:
                return super(ForgivingRedisCache, self).incr(key, delta, version)
            except ValueError:
                return None

        value = self._forgive(call, None)
        if value is None:
            raise ValueError(f"Key '{key}' not found.")
        return value

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).delete(key, version), False)

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._forgive(lambda: super(ForgivingRedisCache, self).delete_many(keys, version), None)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self._forgive(lambda: super(ForgivingRedisCache, self).has_key(key, version), False)

    def clear(self) -> None:
        self._forgive(super().clear, None)
