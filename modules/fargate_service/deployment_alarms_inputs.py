"""Inputs of the alarms that roll a deployment back."""

from __future__ import annotations

from collections.abc import Iterator

from modules.validation import Problem, inputs, show


@inputs
class DeploymentAlarmsInputs:
    """Alarms on each web service, at which ECS rolls its deployment back, beside its circuit breaker.

    ECS watches them from the first new task until some minutes after the last old one has ended, as long as their
    periods are (its bake time), and Terraform waits for that. Only the state ALARM counts: INSUFFICIENT_DATA does not,
    and a minute without requests breaches nothing. If one is in ALARM when a deployment starts, ECS watches none of
    them during that deployment, so that a fix can be deployed. A first deployment has nothing to go back to and fails.
    ECS has them for its own deployment controller alone, which all services here have.

    Workers and beat have none: no requests reach them, and AWS counts their tasks in Container Insights alone, which an
    environment may do without. That tasks start is the circuit breaker's matter, that they last is `make deploy`'s.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """

    error_percent: int = 1
    """The share of its answers with a 5xx that is still usual: 1 to 99."""
    response_ms: int = 2000
    """In which it answers 95 of 100 requests: 10 to 60000."""
    least_requests: int = 20
    """In a minute: with fewer, neither errors nor slow answers count, since one of two says nothing. 1 to 1000000."""
    enabled: bool = True
    """False: they tell, and roll nothing back. Turn them off by this and not by removing the inputs, because the
    provider leaves a service the alarms that are removed (aws_ecs_service sends none, which ECS takes for no change).
    """

    def rules(self) -> Iterator[Problem]:
        ranges = {"error_percent": (1, 99), "response_ms": (10, 60_000), "least_requests": (1, 1_000_000)}
        for field, (low, high) in ranges.items():
            value = getattr(self, field)
            if not low <= value <= high:
                yield Problem(field, f"got {show(value)}", f"choose {low} to {high}")
