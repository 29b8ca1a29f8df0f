"""No limit is passed by asking at once, or from another address of one's own."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import RequestFactory

from salaries.api import throttles


@pytest.fixture
def throttle(monkeypatch):
    """Makes throttles with a limit of 100 an hour, at a moment of which the hour before was quiet."""
    monkeypatch.setattr(throttles.AnonThrottle, "THROTTLE_RATES", {"anon": "100/hour"})
    return throttles.AnonThrottle


def asked_by(address):
    request = RequestFactory().get("/api/filters/", headers={"X-Forwarded-For": f"{address}, 198.51.100.1"})
    request.user = None
    return request


def test_of_240_requests_at_once_a_limit_of_100_lets_100_pass(throttle):
    with ThreadPoolExecutor(24) as executor:
        allowed = executor.map(lambda _: throttle().allow_request(asked_by("203.0.113.50"), None), range(240))
    assert sum(allowed) == 100


def test_who_is_refused_hears_when_the_window_ends(throttle, monkeypatch):
    now = (time.time() // 3600 + 10) * 3600 + 1800
    monkeypatch.setattr(throttles.time, "time", lambda: now)
    for _ in range(100):
        assert throttle().allow_request(asked_by("203.0.113.51"), None)
    refused = throttle()
    assert not refused.allow_request(asked_by("203.0.113.51"), None)
    assert refused.wait() == 1800
    # Half an hour into the next window, half of the 100 count.
    monkeypatch.setattr(throttles.time, "time", lambda: now + 3600)
    assert [throttle().allow_request(asked_by("203.0.113.51"), None) for _ in range(60)].count(True) == 50


def test_all_addresses_of_one_ipv6_network_are_one_client(throttle):
    allowed = [throttle().allow_request(asked_by(f"2001:db8:1:2::{host:x}"), None) for host in range(120)]
    assert allowed.count(True) == 100
    assert throttle().allow_request(asked_by("2001:db8:1:3::1"), None)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_stands_for_a_client(address, client):
    assert throttles.network_of(address) == client


def test_the_login_of_the_admin_looks_at_20_passwords_of_an_address(db, client, django_user_model):
    django_user_model.objects.create_superuser("root", password="right")

    def answer(password, address):
        sent = {"username": "root", "password": password, "next": "/admin/"}
        return client.post("/admin/login/", sent, headers={"X-Forwarded-For": f"{address}, 198.51.100.1"})

    wrong = [answer("wrong", "203.0.113.60").content.decode() for _ in range(21)]
    assert ["Too many attempts" in text for text in wrong] == [False] * 20 + [True]
    assert answer("right", "203.0.113.60").status_code == 200, "refused although it is right"
    assert answer("right", "203.0.113.61").status_code == 302


def test_the_login_of_the_admin_looks_at_100_passwords_for_a_name(db, client):
    def is_refused(number):
        address = {"X-Forwarded-For": f"10.9.{number}.1, 198.51.100.1"}
        sent = {"username": "Somebody", "password": "wrong"}
        return "Too many attempts" in client.post("/admin/login/", sent, headers=address).content.decode()

    assert [is_refused(number) for number in range(101)] == [False] * 100 + [True]
