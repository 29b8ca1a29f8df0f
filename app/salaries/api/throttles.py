"""Throttles that count requests one by one in the cache, so that many at once pass no limit."""

import contextlib
import ipaddress
import time
from typing import Any

from django.core.cache import cache
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

_IPV6_PREFIX = 64  # what a provider gives to one customer at least


def network_of(address: str) -> str:
    """The client that an address stands for: itself, or its /64 of IPv6. Returns what is no address as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))


class Counted(SimpleRateThrottle):
    """A window that slides: of the one before counts as much as the last `duration` seconds still have of it.

    DRF's own reads a list, adds to it and writes it back, so that of requests at once only the last one is counted.
    """

    num_requests: int
    duration: int
    seconds_left: float | None = None

    def get_ident(self, request: Any) -> str:
        return network_of(super().get_ident(request))

    def allow_request(self, request: Any, view: Any) -> bool:
        key = self.get_cache_key(request, view) if self.rate is not None else None
        if key is None:
            return True
        window, elapsed = divmod(time.time(), self.duration)
        here, before = f"{key}:{window:.0f}", f"{key}:{window - 1:.0f}"
        cache.add(here, 0, 2 * self.duration)
        try:
            count = cache.incr(here)
        except ValueError:  # the cache is away, which lets everybody pass
            return True
        earlier = (cache.get(before) or 0) * (1 - elapsed / self.duration)
        if count + earlier <= self.num_requests:
            return True
        with contextlib.suppress(ValueError):
            cache.decr(here)  # who is refused is not kept out longer for asking
        self.seconds_left = self.duration - elapsed
        return False

    def wait(self) -> float | None:
        return self.seconds_left


class AnonThrottle(Counted, AnonRateThrottle):
    """Who sends no token, by address."""


class UserThrottle(Counted, UserRateThrottle):
    """Who sends a token, by user; and everybody else, by address."""
