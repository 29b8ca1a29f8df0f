"""Roles change the rules of their own listener where there are further webs, and their services as those of web."""

from __future__ import annotations

from functools import cache

import pytest

from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, everything, statements
from tests.stacks.permissions.test_calls import unknown
from tests.support import Json

ELB = "arn:aws:elasticloadbalancing:us-east-1:333333333333"
CHANGES = ("CreateRule", "DeleteRule", "ModifyRule", "SetRulePriorities")


@cache
def unit() -> Json:
    return bootstrap(everything())


@pytest.mark.parametrize("call", CHANGES)
def test_rules_of_its_own_listener_are_changed_by_apply_alone(call: str) -> None:
    action, kind = f"elasticloadbalancing:{call}", "listener" if call == "CreateRule" else "listener-rule"
    for role in ("plan", "drift", "apply"):
        own = allows(statements(unit(), role), action, f"{ELB}:{kind}/app/django-prod/0/0/0")
        assert own is (role == "apply")
        assert not allows(statements(unit(), role), action, f"{ELB}:{kind}/app/django-dev/0/0/0")


def test_an_environment_without_them_changes_no_rule() -> None:
    assert "elasticloadbalancing:CreateRule" not in set(actions(statements(bootstrap(environment()), "apply")))


def test_what_the_boundary_and_the_roles_say_of_web_holds_for_them() -> None:
    service = "arn:aws:ecs:us-east-1:333333333333:service/django-prod/django-prod-web-api"
    assert allows(statements(unit(), "apply"), "ecs:UpdateService", service)
    log = "arn:aws:logs:us-east-1:333333333333:log-group:/ecs/django-prod/web-api:log-stream:ecs"
    assert allows(statements(unit(), "boundary"), "logs:PutLogEvents", log)


def test_every_permission_is_one_that_aws_knows() -> None:
    assert [*unknown(set(actions(statements(unit(), "apply"))))] == []
