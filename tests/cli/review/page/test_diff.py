"""Attribute changes say what a reviewer needs, and no more."""

from __future__ import annotations

import json
from typing import Any

from cli.redaction import Redactor
from cli.review.page.diff import AttributeChange, Differ
from cli.terraform.plan import Plan


def changes(
    before: Any, after: Any, *, replace_paths: list[list[str | int]] | None = None, **more: Any
) -> list[AttributeChange]:
    raw = {"actions": ["update"], "before": before, "after": after, "replace_paths": replace_paths or [], **more}
    resource = {"address": "a.b", "change": raw}
    (change,) = Plan(Redactor().plan({"resource_changes": [resource]})).changes
    return Differ(change.replace_paths).changes(change)


def texts(before: Any, after: Any, **more: Any) -> dict[str, tuple[str | None, str | None]]:
    return {each.path: (each.before, each.after) for each in changes(before, after, **more)}


def test_only_what_differs_is_told() -> None:
    assert texts({"a": 1, "b": 2}, {"a": 1, "b": 3}) == {"b": ("2", "3")}


def test_what_forces_a_replacement_is_marked() -> None:
    found = changes({"name": "a", "size": 1}, {"name": "b", "size": 2}, replace_paths=[["name"]])
    assert {each.path: each.forces_replacement for each in found} == {"name": True, "size": False}


def test_a_nested_path_forces_a_replacement() -> None:
    before, after = {"block": [{"size": 1, "name": "x"}]}, {"block": [{"size": 2, "name": "x"}]}
    (found,) = changes(before, after, replace_paths=[["block", 0, "size"]])
    assert (found.path, found.forces_replacement) == ("block[x].size", True)


def test_what_is_not_known_is_said_so() -> None:
    assert texts({"id": "a"}, {}, after_unknown={"id": True}) == {"id": ('"a"', "(known after apply)")}


def test_a_policy_is_compared_as_what_it_says() -> None:
    def policy(action: str) -> str:
        return json.dumps(
            {"Statement": [{"Sid": "Read", "Action": action}, {"Sid": "Write", "Action": "s3:PutObject"}]}
        )

    assert texts({"policy": policy("s3:GetObject")}, {"policy": policy("s3:*")}) == {
        "policy.Statement[Read].Action": ('"s3:GetObject"', '"s3:*"')
    }


def test_another_way_to_write_the_same_json_is_no_change() -> None:
    assert texts({"policy": '{"a":1,"b":2}'}, {"policy": '{ "b": 2, "a": 1 }'}) == {}


def test_an_inserted_element_does_not_change_the_others() -> None:
    before = [{"name": "A", "value": "1"}, {"name": "C", "value": "3"}]
    after = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}]
    assert texts({"environment": before}, {"environment": after}) == {"environment[B]": (None, '"2"')}


def test_an_environment_variable_is_told_by_its_name() -> None:
    before, after = [{"name": "DEBUG", "value": "0"}], [{"name": "DEBUG", "value": "1"}]
    assert texts({"environment": before}, {"environment": after}) == {"environment[DEBUG]": ('"0"', '"1"')}


def test_a_list_tells_what_comes_and_goes() -> None:
    assert changes({"ids": ["a", "b"]}, {"ids": ["b", "c"]}) == [AttributeChange(path="ids", before='"a"', after='"c"')]
    assert texts({"ids": ["a"]}, {"ids": ["a", "b"]}) == {"ids": (None, '"b"')}


def test_another_order_is_told_as_a_whole() -> None:
    assert texts({"command": ["a", "b"]}, {"command": ["b", "a"]}) == {"command": ('["a", "b"]', '["b", "a"]')}


def test_a_sensitive_value_is_hidden_and_its_change_is_not() -> None:
    found = texts(
        {"a": "x", "b": "y"}, {"a": "z", "b": "y"}, before_sensitive={"a": True, "b": True}, after_sensitive={}
    )
    assert found == {"a": ("(sensitive)", "(sensitive)")}


def test_what_is_sensitive_deep_inside_is_hidden() -> None:
    mask = {"block": [{"inner": {"value": True}}]}
    before = {"block": [{"inner": {"value": "old", "size": 1}}]}
    after = {"block": [{"inner": {"value": "new", "size": 2}}]}
    found = texts(before, after, before_sensitive=mask, after_sensitive=mask)
    assert found == {"block[0].inner.value": ("(sensitive)", "(sensitive)"), "block[0].inner.size": ("1", "2")}


def test_the_name_of_a_sensitive_element_is_no_label() -> None:
    mask = {"block": [{"name": True}]}
    found = changes({"block": []}, {"block": [{"name": "hunter2", "size": 1}]}, after_sensitive=mask)
    assert "hunter2" not in repr(found)


def test_an_arn_of_a_secret_is_shown() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:333333333333:secret:django-AbCdEf"
    after = [{"name": "DJANGO_SECRET_KEY", "valueFrom": arn}]
    assert (None, f'"{arn}"') in texts({"secrets": []}, {"secrets": after}).values()


def test_a_number_under_the_name_of_a_secret_is_hidden() -> None:
    assert texts({}, {"password": 12345678}) == {"password": (None, "(sensitive)")}


def test_control_characters_and_turned_text_do_not_reach_the_page() -> None:
    (found,) = changes({"a": "x"}, {"a": "\x1b[31m\u202egnp.exe\n"})
    assert found.after
    assert found.after.isprintable()


def test_a_long_value_is_shortened() -> None:
    (found,) = changes({"a": "x"}, {"a": "y" * 5000})
    assert found.after
    assert len(found.after) < 500
    assert found.after.endswith("…")


def test_nothing_and_empty_are_the_same() -> None:
    assert texts({"a": None, "b": [], "c": ""}, {"a": "", "b": None, "c": None}) == {}
