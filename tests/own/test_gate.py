"""The gate accepts the environments of stacks/config, and what they accept themselves is found."""

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


def test_every_finding_that_they_accept_is_found(units: list[Unit], breaches: list[Refusal]) -> None:
    assert list(map(str, exceptions.unused(breaches, units))) == []
