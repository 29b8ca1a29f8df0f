"""Where the state lies, and which account a plan can reach."""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.resources import Unit
from cli.review.gate.rule import UnitRule


def _s3(unit: Unit, name: str) -> Iterator[str]:
    backend = unit.configuration.get("terraform", {}).get("backend", {}).get("s3")
    if backend is not None and not backend.get(name):
        yield "terraform.backend"


def _any_account(unit: Unit) -> Iterator[str]:
    for provider in unit.configuration.get("provider", {}).get("aws", ()):
        if not provider.get("allowed_account_ids"):
            yield "provider.aws"


RULES = (
    UnitRule(
        "state/unencrypted", lambda unit: _s3(unit, "encrypt"), "the state lies in S3 unencrypted: set encrypt to true"
    ),
    UnitRule(
        "state/unlocked",
        lambda unit: _s3(unit, "use_lockfile"),
        "two applies at once would destroy the state: set use_lockfile to true",
    ),
    UnitRule(
        "state/any-account",
        _any_account,
        "credentials of another account would deploy this there: set allowed_account_ids",
    ),
)
