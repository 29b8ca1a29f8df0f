"""Fixtures of the tests of planning."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from cli.review import gate
from cli.review.gate import Refusal
from cli.review.planning import PlannedUnit, plan_units
from cli.terraform import tree as trees
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import Terraform
from cli.terraform.workspace import workspace
from tests.cli.review.planning.trees import Tree

Plan = Callable[..., dict[str, PlannedUnit]]


@pytest.fixture(autouse=True)
def isolated(terraform_command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform with nothing of the user's own configuration and credentials."""
    (tmp_path / "terraform.rc").touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "terraform.rc"))
    for name in [name for name in os.environ if name.startswith(("AWS_", "TF_VAR_"))]:
        monkeypatch.delenv(name)


@dataclass
class FakeGate:
    """Refuses what a test says, whatever is planned."""

    refused: list[Refusal] = field(default_factory=list)
    plans: list[UnitPlan] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def look(self, plan: UnitPlan) -> None:
        self.plans.append(plan)

    def refusals(self, plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
        assert {plan.name for plan in plans} == {plan.name for plan in self.plans}, "it has not looked at all plans"
        self.plans = []
        return [each for each in self.refused if each.address not in allow]

    def stop(self) -> None:
        pass


@pytest.fixture
def fake_gate(monkeypatch: pytest.MonkeyPatch) -> FakeGate:
    """In place of the gate: refuses nothing, unless a test adds it."""
    made = FakeGate()
    monkeypatch.setattr(gate, "Gate", lambda: made)
    return made


@pytest.fixture
def plan() -> Plan:
    """Plans a tree and returns what came of each unit by its name; nothing of the workspace is left."""

    def run(tree: Tree, **options: Any) -> dict[str, PlannedUnit]:
        runner = Terraform()
        with workspace(runner) as space:
            planned = plan_units(trees.read(tree.path), space, runner, **options)
        return {each.name.removeprefix("test-"): each for each in planned}

    return run
