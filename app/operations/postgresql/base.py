"""Django's PostgreSQL backend, which does not ask a database again that could not be reached seconds ago.

Without it each request waits for the pool's whole timeout, and a few clients occupy every thread.
"""

import collections
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base

from operations.breaker import Breaker

_breakers: collections.defaultdict[str, Breaker] = collections.defaultdict(Breaker)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        self._breaker = breaker = _breakers[alias]
        self._pool_options = settings_dict["OPTIONS"].get("pool")
        if isinstance(self._pool_options, dict):
            # That no connection is free in time says nothing about the database; that none can be opened does.
            self._pool_options.setdefault("reconnect_failed", lambda _: breaker.trip())

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self._breaker.allows():
            raise self.Database.OperationalError("the database could not be reached a moment ago")
        try:
            connection = super().get_new_connection(conn_params)
        except self.Database.Error:
            if not self._pool_options:
                self._breaker.trip()
            raise
        self._breaker.reset()
        return connection
