"""What the gate finds in units before its exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from cli.review.gate import checkov, rules
from cli.review.gate.exceptions import ACCEPTED, Accepted
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from tests.shared import digest, once


def breaches_of(units: Sequence[Unit], directory: Path) -> list[Refusal]:
    """Exceptions included. Found once in a test run, which keeps it in the directory."""

    def find() -> list[object]:
        found = [*checkov.refusals(units), *(refusal for unit in units for refusal in rules.refusals(unit))]
        return [asdict(refusal) for refusal in found]

    file = directory / f"breaches-{digest([unit.configuration for unit in units])}.json"
    return [Refusal(**refusal) for refusal in once(file, find)]


def unneeded(units: Sequence[Unit], breaches: Sequence[Refusal]) -> list[Accepted]:
    """The exceptions for a resource of these units that keeps the rule anyway."""
    # No rule, so that an exception matches every resource that it is for.
    there = [
        (unit, Refusal(unit=unit.name, address=each.base, rule="", message=""))
        for unit in units
        for each in unit.resources
    ]
    about = [
        each
        for each in ACCEPTED
        if any(replace(each, rule="").matches(resource) and each.where(unit) for unit, resource in there)
    ]
    return [each for each in about if not any(map(each.matches, breaches))]
