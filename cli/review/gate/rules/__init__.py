"""The rules that our units keep: over the plan, and over the configuration where the plan knows no value yet."""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.review.gate.rule import Rule, UnitRule
from cli.review.gate.rules import (
    cloudflare,
    cloudfront,
    containers,
    credentials,
    encryption,
    iam,
    listener,
    network,
    protection,
    redis,
    state,
    versions,
)

RULES: tuple[Rule | UnitRule, ...] = (
    *cloudflare.RULES,
    *cloudfront.RULES,
    *containers.RULES,
    *credentials.RULES,
    *encryption.RULES,
    *iam.RULES,
    *listener.RULES,
    *network.RULES,
    *protection.RULES,
    *redis.RULES,
    *state.RULES,
    *versions.RULES,
)


def refusals(unit: Unit) -> Iterator[Refusal]:
    """Where a unit breaks a rule."""
    for rule in RULES:
        yield from rule.refusals(unit)
