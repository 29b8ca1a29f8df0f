"""The cache when Redis hangs: every other part goes on as if there were none."""

import collections
import pickle
import socket

import pytest
from django.core.cache import cache
from rest_framework.throttling import SimpleRateThrottle

from operations import elasticache, probes
from operations.breaker import Breaker
from salaries.models import SalaryObservation

pytestmark = pytest.mark.once


@pytest.fixture
def hanging(settings, monkeypatch):
    """A Redis that takes connections and never answers, within the time that one failure is remembered."""
    monkeypatch.setattr(elasticache, "_breakers", collections.defaultdict(lambda: Breaker(seconds=60)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.CACHES = {
            "default": {
                "BACKEND": "operations.elasticache.ForgivingRedisCache",
                "LOCATION": f"redis://127.0.0.1:{server.getsockname()[1]}/0",
                "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
            }
        }
        yield


def test_a_request_waits_for_a_hanging_redis_once_whatever_it_asks_it_for(db, client, hanging, monkeypatch, caplog):
    SalaryObservation.objects.create(role="dev", state="SP", country="BR", currency="BRL", total_compensation=1)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"anon": "1/hour", "user": "1/hour"})
    for path in ("/api/salaries/?role=dev&state=SP", "/api/filters/", "/admin/login/"):
        assert client.get(path).status_code == 200
    assert probes.cache_keeps_what_it_is_given() is not None
    assert caplog.messages.count("the cache does not answer") == 1


def test_every_operation_of_a_cache_that_is_away_answers_as_if_nothing_were_kept(hanging):
    assert cache.get("a", "default") == "default"
    assert cache.get_many(["a"]) == {}
    assert cache.get_or_set("a", 1) == 1
    assert cache.set("a", 1) is None
    assert cache.set_many({"a": 1}) == ["a"]
    assert (cache.add("a", 1), cache.touch("a"), cache.delete("a"), cache.has_key("a")) == (False,) * 4
    assert cache.delete_many(["a"]) is cache.clear() is None
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


def test_what_lies_in_redis_is_read_and_never_run():
    serializer = elasticache.JsonSerializer()
    assert serializer.loads(serializer.dumps({"a": [1, "é", None]}).encode()) == {"a": [1, "é", None]}
    assert serializer.dumps(5) == "5", "Redis counts with it"
    assert serializer.loads(pickle.dumps({"a": 1})) is None
    assert elasticache.ForgivingRedisCache("redis://127.0.0.1:1/0", {})._cache._serializer.loads(b"[1]") == [1]
