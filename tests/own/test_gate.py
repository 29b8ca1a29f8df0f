"""The gate accepts the environments of stacks/config, and each of its exceptions is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.review.gate import checkov, exceptions
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from tests import terraform
from tests.cli.review.gate.breaches import breaches_of
from tests.plans import Plans
from tests.support import Json

pytestmark = pytest.mark.own


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    terraform.require(checkov.PROGRAM.is_file(), "checkov (make .venv-checkov/.synced)")


@pytest.fixture(scope="module")
def units(own_units: dict[str, Json], own_plans: Plans) -> list[Unit]:
    return [Unit(own_plans[name]) for name in own_units]


@pytest.fixture(scope="module")
def breaches(units: list[Unit], shared: Path) -> list[Refusal]:
    """What the gate finds, exceptions included."""
    return breaches_of(units, shared)


def test_the_units_are_accepted(units: list[Unit], breaches: list[Refusal]) -> None:
    assert list(map(str, exceptions.without(breaches, units))) == []


def test_every_exception_is_needed(units: list[Unit], breaches: list[Refusal], plans: Plans, shared: Path) -> None:
    of_the_program = [Unit(plan) for plan in plans.values()]
    found = [*breaches, *breaches_of(of_the_program, shared)]
    unprotected = {unit.name for unit in (*units, *of_the_program) if not unit.is_protected}
    idle = [each for each in exceptions.ACCEPTED if not any(each.matches(refusal, unprotected) for refusal in found)]
    assert idle == [], "take it out of cli/review/gate/exceptions.py"
