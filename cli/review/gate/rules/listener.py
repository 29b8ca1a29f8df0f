"""The priority of a rule is free before another rule takes it: Terraform changes rules side by side.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Json

_RULE = "aws_lb_listener_rule"


def _still_taken(resource: Resource) -> Iterator[str]:
    """The priority that a rule is given, and the rule that has it before the plan is applied."""
    change = resource.change
    wanted = _number(change.after)
    for other in resource.unit.changes:
        if wanted and other.type == _RULE and other is not change and _number(other.before) == wanted:
            yield f"{wanted[1]}, which {other.address}"


def _number(rule: Json | None) -> tuple[str, int] | None:
    """A rule's listener and its number there; None where the plan does not know both."""
    listener, priority = (rule or {}).get("listener_arn"), (rule or {}).get("priority")
    return (listener, priority) if listener and priority else None


RULES = (
    Rule(
        "listener/taken-priority",
        (_RULE,),
        _still_taken,
        "it takes priority {} still has, and AWS refuses one that is in use: give its route a priority that no rule "
        "has, and this one in the next deployment",
    ),
)
