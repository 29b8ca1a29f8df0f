"""Environments of tests/environments with values changed, synthesized."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stacks.config.schema import Environment
from stacks.django_backend import compose
from stacks.synthesis.synthesize import synthesize
from tests.configurations import changed
from tests.environments import frozen

Change = Callable[[Environment], Environment]


def write(name: str, output: Path, *changes: Change) -> None:
    """Synthesize an environment, changed by these, into a directory."""
    environment = frozen(name)
    for change in changes:
        environment = change(environment)
    synthesize({f"{name}.py": environment}, output, lambda _step: None, compose)


def updated(environment: Environment) -> Environment:
    """With what people change: instance classes, the size of tasks, and how long logs are kept."""
    service = environment.django_service
    larger: Environment = changed(environment, ("redis", "cache", "node_type"), "cache.t4g.medium")
    return replace(
        larger,
        postgresql=replace(environment.postgresql, instance_class="db.t4g.medium"),
        django_service=replace(
            service,
            web=replace(service.web, cpu=1024, memory_mib=2048),
            runtime=replace(service.runtime, log_retention_days=14),
        ),
    )


def unprotected(environment: Environment) -> Environment:
    """Without what keeps an environment from being destroyed."""
    service = environment.django_service
    return replace(
        environment,
        protected=False,
        postgresql=replace(environment.postgresql, deletion_protection=False),
        django_service=replace(service, load_balancer=replace(service.load_balancer, deletion_protection=False)),
    )


def with_iam_authentication(environment: Environment) -> Environment:
    """With a user of IAM for Redis, who needs a group."""
    made: Environment = changed(environment, ("redis", "iam_authentication"), True)
    return made
