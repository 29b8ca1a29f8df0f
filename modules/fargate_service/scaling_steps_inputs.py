"""Inputs of step scaling: how many tasks are added or removed at which length of a queue."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from modules.validation import Problem, inputs, show

# Of a policy: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html
_MOST_STEPS = 20


@inputs
class StepInputs:
    """A change of the number of tasks while the length of the queue is at least, or at most, so much.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
    """

    change: int
    """Tasks that are added, 1 to 100, or removed, -100 to -1."""
    at_least: int | None = None
    """For tasks that are added: the length from which on they are, 1 to 10000000."""
    at_most: int | None = None
    """For tasks that are removed: the length down from which they are, 0 to 10000000."""

    def rules(self) -> Iterator[Problem]:
        given, other = ("at_least", "at_most") if self.change > 0 else ("at_most", "at_least")
        length: int | None = getattr(self, given)
        if self.change == 0 or not -100 <= self.change <= 100:
            yield Problem("change", f"got {show(self.change)}", "choose 1 to 100, or -100 to -1")
        elif length is None or getattr(self, other) is not None:
            yield Problem(given, f"says when {show(self.change)} applies, and {other} does not", f"set {given} alone")
        elif not (1 if self.change > 0 else 0) <= length <= 10_000_000:
            yield Problem(given, f"got {show(length)}", f"choose {1 if self.change > 0 else 0} to 10000000")


QUEUE_STEPS = (
    StepInputs(at_most=0, change=-1),
    StepInputs(at_least=100, change=1),
    StepInputs(at_least=500, change=5),
)
"""Those of the pattern QueueProcessingFargateService of AWS:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ecs_patterns.QueueProcessingFargateService.html"""


def step_rules(steps: tuple[StepInputs, ...]) -> Iterator[Problem]:
    """Some add tasks and some remove them, each further out more than the one before."""
    added = sorted((step.at_least, step.change) for step in steps if step.change > 0 and step.at_least is not None)
    removed = sorted((-step.at_most, -step.change) for step in steps if step.change < 0 and step.at_most is not None)
    if not added or not removed:
        kind, remedy = (
            ("adds", "StepInputs(at_least=100, change=1)")
            if not added
            else ("removes", "StepInputs(at_most=0, change=-1)")
        )
        yield Problem("queue_steps", f"none {kind} tasks", f"add {remedy}, or use QUEUE_STEPS")
    for kind, found in (("add", added), ("remove", removed)):
        if len(found) > _MOST_STEPS:
            yield Problem("queue_steps", f"{len(found)} {kind} tasks", f"AWS takes {_MOST_STEPS}: use fewer")
        for (length, change), (next_length, next_change) in pairwise(found):
            if length == next_length or change > next_change:
                what = f"a step further out changes {next_change} tasks after {change} at {abs(length)}"
                yield Problem("queue_steps", what, "give each length one step, and a farther one no fewer tasks")
    if added and removed and -removed[0][0] >= added[0][0]:
        what = f"a queue of {added[0][0]} both adds and removes tasks"
        yield Problem("queue_steps", what, "choose an at_most below the least at_least")
