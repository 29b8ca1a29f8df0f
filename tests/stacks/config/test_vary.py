"""Inputs that are like others, but for a few values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.redis.inputs import RedisGroupInputs
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import InvalidInput, problems
from stacks.config.vary import vary
from tests.support import environment

BASE = environment()


def test_values_change_at_any_depth_and_all_else_stays() -> None:
    made = vary(BASE, name="qa", postgresql__storage_gb=80, postgresql__multi_az=False, django_service__web__cpu=1024)
    web = replace(BASE.django_service.web, cpu=1024)
    assert made == replace(
        BASE,
        name="qa",
        postgresql=replace(BASE.postgresql, storage_gb=80, multi_az=False),
        django_service=replace(BASE.django_service, web=web),
    )
    assert environment() == BASE


def test_a_part_is_given_as_a_whole_and_changed_below_at_once() -> None:
    group = RedisGroupInputs(node_type="cache.t4g.small")
    made = vary(BASE, redis__broker=group, redis__broker__nodes=3)
    assert made.redis is not None
    assert made.redis.broker == replace(group, nodes=3)


def test_parts_of_an_environment_can_be_varied_too() -> None:
    assert vary(BASE.postgresql, storage_gb=100) == replace(BASE.postgresql, storage_gb=100)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"nam": "qa"}, "Environment: has no input 'nam': use name"),
        ({"postgres__multi_az": False}, "Environment: has no input 'postgres': use postgresql"),
        ({"postgresql__multiaz": False}, "PostgreSQLInputs: has no input 'multiaz': use multi_az"),
        (
            {"redis__broker__nodes": 3},
            "RedisInputs: broker is None, so that there is nothing below it to change: give ",
        ),
        ({"name__first": 3}, "Environment: name is 'test', so that there is nothing below it to change: give name as "),
    ],
)
def test_a_name_that_is_not_there_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        vary(BASE, **changes)
    assert str(error.value).startswith(line)


@pytest.mark.parametrize(
    ("base", "changes", "value"),
    [
        (RuntimeInputs(variables={"HINT": "hunter2"}), {"variables__HINT": "x"}, "variables is a dict"),
        (
            RuntimeInputs(secret_kms_key_arns=("hunter2",)),
            {"secret_kms_key_arns__0": "x"},
            "secret_kms_key_arns is a tuple",
        ),
        (replace(BASE, owner="a " * 100), {"owner__x": 1}, f"owner is '{'a ' * 28}..., so that"),
        (replace(BASE, owner="https://a:hunter2@b"), {"owner__x": 1}, "owner is 'https://a:(sensitive)@b', so that"),
    ],
)
def test_what_stands_where_nothing_can_be_changed_is_shown_briefly(
    base: Any, changes: dict[str, Any], value: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        vary(base, **changes)
    assert value in str(error.value)
    assert "hunter2" not in str(error.value)


def test_what_is_varied_is_held_against_the_rules_like_all_else() -> None:
    (problem,) = problems(vary(BASE, postgresql__storage_gb=1))
    assert problem.field == "postgresql.storage_gb"
