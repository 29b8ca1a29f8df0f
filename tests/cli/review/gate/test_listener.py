"""A rule of a listener gets a priority that is free when the plan is applied."""

from __future__ import annotations

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.cli.review.gate.test_data import changed


def rule(
    name: str, action: str, before: int | None, after: int | None, *, listeners: tuple[str, str] = ("a", "a")
) -> Json:
    """A change of a rule's priority, and the listeners that it has before and after."""
    old, new = listeners
    return changed(
        f"aws_lb_listener_rule.{name}",
        action,
        before={"listener_arn": old, "priority": before} if before else None,
        after={"listener_arn": new, "priority": after} if after else None,
    )


def found(*changes: Json) -> list[str]:
    """What is refused of a plan that has these changes."""
    plan = Plan({"resource_changes": list(changes)})
    unit = UnitPlan(name="prod-django-service", configuration={}, plan=plan)
    return [str(each) for each in rules.refusals(Unit(unit)) if each.rule.startswith("listener/")]


def test_a_rule_does_not_take_a_priority_that_another_still_has() -> None:
    swapped = found(rule("api", "update", 10_000, 20_000), rule("chat", "update", 20_000, 10_000))
    assert swapped == [
        f"prod-django-service: aws_lb_listener_rule.{name}: [listener/taken-priority] it takes priority {number}, "
        f"which aws_lb_listener_rule.{other} still has, and AWS refuses one that is in use: give its route a priority "
        "that no rule has, and this one in the next deployment"
        for name, number, other in (("api", 20_000, "chat"), ("chat", 10_000, "api"))
    ]
    (renamed,) = found(rule("api", "delete", 10_000, None), rule("rest", "create", None, 10_000))
    assert "aws_lb_listener_rule.rest: [listener/taken-priority] it takes priority 10000, which" in renamed
    (kept,) = found(rule("api", "no-op", 10_000, 10_000), rule("rest", "update", 20_000, 10_000))
    assert "aws_lb_listener_rule.api still has" in kept


def test_a_rule_takes_a_priority_that_is_free_on_its_listener() -> None:
    free = rule("rest", "create", None, 10_001)
    of_another = rule("chat", "create", None, 10_000, listeners=("", "b"))
    assert found(rule("api", "delete", 10_000, None), rule("old", "no-op", 20_000, 20_000), free, of_another) == []
