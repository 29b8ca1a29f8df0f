"""Inputs of the application load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from modules.validation import Problem, inputs, show

# What speaks TLS 1.2 and 1.3 only, and 1.2 only with forward secrecy.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
SslPolicy = Literal[
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
]


@inputs
class HealthCheckInputs:
    """How the load balancer asks a task, and ECS its container, whether it is alive."""

    path: str = "/health/live/"
    """Must answer 200 to any Host header and without a redirect: a target is asked by its address, over HTTP."""
    interval_seconds: int = 30
    """5 to 300, and longer than the timeout."""
    timeout_seconds: int = 5
    """2 to 60."""
    healthy_threshold: int = 2
    """Answers in a row after which a target is healthy, 2 to 10."""
    unhealthy_threshold: int = 3
    """Failures in a row after which it is not, 2 to 10."""

    def rules(self) -> Iterator[Problem]:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
        if not re.fullmatch(r"/[A-Za-z0-9._~/-]*", self.path) or len(self.path) > 1024:
            yield Problem("path", f"{show(self.path)} is no path", 'write it as "/health/live/"')
        ranges = {
            "interval_seconds": (5, 300),
            "timeout_seconds": (2, 60),
            "healthy_threshold": (2, 10),
            "unhealthy_threshold": (2, 10),
        }
        for field, (low, high) in ranges.items():
            if not low <= getattr(self, field) <= high:
                yield Problem(field, f"got {show(getattr(self, field))}", f"choose {low} to {high}")
        if self.timeout_seconds >= self.interval_seconds:
            what = f"{show(self.timeout_seconds)} is not below interval_seconds {show(self.interval_seconds)}"
            yield Problem("timeout_seconds", what, "choose a shorter timeout or a longer interval")


@inputs
class LoadBalancerInputs:
    """HTTPS on 443, and a redirect to it on 80."""

    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    access_log_days: int = 90
    """How long access logs are kept."""
    delete_access_logs: bool = False
    """Whether a destroy deletes the logs too; AWS refuses to delete a bucket that holds any."""
    deletion_protection: bool = True
    idle_timeout_seconds: int = 60
    """1 to 4000. The server's keep-alive must be longer, or its closing connections become 502."""
    desync_mitigation_mode: Literal["defensive", "strictest"] = "defensive"
    """What happens to ambiguous requests; "strictest" refuses all that do not follow RFC 7230."""
    deregistration_delay_seconds: int = 30
    """How long a task that leaves may finish its requests, 0 to 3600."""
    health_check: HealthCheckInputs = HealthCheckInputs()

    def rules(self) -> Iterator[Problem]:
        ranges = {
            "access_log_days": (1, 3653),
            "idle_timeout_seconds": (1, 4000),
            "deregistration_delay_seconds": (0, 3600),
        }
        for field, (low, high) in ranges.items():
            if not low <= getattr(self, field) <= high:
                yield Problem(field, f"got {show(getattr(self, field))}", f"choose {low} to {high}")
