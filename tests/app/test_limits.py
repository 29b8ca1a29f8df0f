"""What is sent is bounded by size and depth, and a session ends when somebody signs out."""

import base64
import json

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache


def post(client, body: str):
    return client.post("/api/token/", data=body, content_type="application/json")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_that_is_nested_too_deeply_is_the_senders_fault(db, client, opening):
    for depth in (21, 5000):
        response = post(client, opening * depth)
        assert (response.status_code, response.json()) == (400, {"error": "JSON is nested more than 20 levels deep"})


def test_brackets_within_texts_are_not_nested(db, client):
    assert "username: " in post(client, json.dumps({"a": '[\\"{' * 50, "b": [[[]]] * 50})).json()["error"]


def test_a_body_that_is_too_large_is_refused_before_it_is_parsed(db, client):
    response = post(client, json.dumps({"username": "a" * 70_000}))
    assert (response.status_code, response.json()) == (413, {"error": "the body is too large"})


def test_a_token_whose_header_is_nested_is_the_senders_fault(db, client):
    header = base64.urlsafe_b64encode(b"[" * 5000).decode()
    response = client.get("/api/filters/", headers={"Authorization": f"Bearer {header}.e30.e30"})
    assert response.status_code in (400, 401)


def test_who_has_signed_out_is_signed_out_while_the_cache_does_not_answer(db, client, monkeypatch):
    client.force_login(User.objects.create_superuser("root", password="secret"))
    assert client.get("/admin/").status_code == 200
    kept = client.cookies["sessionid"].value
    monkeypatch.setattr(type(cache._connections[cache._alias]), "delete", lambda *_, **__: False)
    client.post("/admin/logout/")
    client.cookies["sessionid"] = kept
    assert client.get("/admin/").status_code == 302


def test_a_session_cookie_with_a_nul_is_no_session(db, client):
    client.cookies["sessionid"] = "a" * 16 + "\0"
    assert client.get("/admin/").status_code == 302
