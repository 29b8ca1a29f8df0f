"""What an environment may lose although it breaks no rule: tasks in a cache that evicts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.validation import show
from stacks.config.names import values_in
from stacks.config.schema import Environment

_CACHE = frozenset(("REDIS_URL", "REDIS_HOST"))
_NAMES_OF_QUEUES = re.compile(r"BROKER|QUEUE|(?:^|_)RQ(?:_|$)|HUEY|Q_CLUSTER|DRAMATIQ")
_NAMES_OF_CACHES = re.compile(r"CACHE|RESULT|SESSION|CHANNEL")


def evictable(environment: Environment) -> Iterator[str]:
    """The variables by which tasks come into a cache that evicts, a line each: `where: what is wrong: what to do`.

    Of the application's variables those count that are named after a queue; of a worker's own all but those of caches.
    """
    redis, application = environment.redis, environment.django_service.application
    if redis is None or redis.cache_maxmemory_policy == "noeviction" or redis.cache.parameter_group_name:
        return
    what = "puts tasks into the cache's group, which drops them when it is full"
    remedy = "name CELERY_BROKER_URL or CELERY_BROKER_HOST, or set redis.cache.maxmemory_policy to noeviction"
    for field, variables in application.all_variables.items():
        for name, text in variables.items():
            if _CACHE.intersection(values_in(text)) and _is_of_queue(field, name):
                yield f"django_service.application.{field}[{show(name)}]: {what}: {remedy}"


def _is_of_queue(field: str, name: str) -> bool:
    if field.startswith(("worker.", "workers[")):
        return not _NAMES_OF_CACHES.search(name)
    return _NAMES_OF_QUEUES.search(name) is not None
