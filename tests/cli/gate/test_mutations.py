"""The gate proved by mutation: each insecure change is refused, and what is no danger is not.

`pytest tests/cli/gate/test_mutations.py -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from cli import gate
from cli.gate import checkov, data, exceptions, renamed, rules
from cli.gate.refusal import Refusal
from cli.gate.resources import Unit
from cli.unit_plan import UnitPlan
from stacks.config import ENVIRONMENTS
from tests import plans as planning
from tests import terraform
from tests.cli.gate.editing import edited
from tests.cli.gate.mutations import BENIGN, DATABASE, MUTATIONS, Mutation
from tests.plans import Plans


@pytest.fixture(scope="session")
def program() -> None:
    terraform.require(checkov.PROGRAM.is_file(), "checkov (make .venv-checkov/.synced)")


@pytest.fixture(scope="module")
def breaches(plans: Plans, program: None) -> list[Refusal]:
    """What the gate finds in all units, exceptions included."""
    units = [Unit(plan) for environment in ENVIRONMENTS for plan in plans.of(environment)]
    return [*checkov.refusals(units), *(refusal for unit in units for refusal in rules.refusals(unit))]


def test_our_units_are_accepted(breaches: list[Refusal]) -> None:
    assert list(map(str, exceptions.without(breaches))) == []


def test_every_exception_is_needed(breaches: list[Refusal]) -> None:
    idle = [each for each in exceptions.ACCEPTED if not any(map(each.matches, breaches))]
    assert idle == [], "take it out of cli/gate/exceptions.py"


def test_each_insecure_change_is_refused(plans: Plans, program: None) -> None:
    mutants = [edited(plans[mutation.unit], mutation.edit) for mutation in MUTATIONS]
    by_checkov = {mutation.rule for mutation in MUTATIONS if mutation.rule.startswith("CKV")}
    scanned = [Unit(mutant) for mutant, each in zip(mutants, MUTATIONS, strict=True) if each.rule in by_checkov]
    found = list(checkov.refusals(scanned))
    table = Table("unit", "change", "address", "rule", "refused")
    missed = []
    for mutation, mutant in zip(MUTATIONS, mutants, strict=True):
        refused = _refuses(mutation, found if mutation.rule in by_checkov else _by_rules(mutant))
        table.add_row(mutation.unit, mutation.name, mutation.address, mutation.rule, "yes" if refused else "NO")
        missed += [] if refused else [mutation]
    Console(width=200).print(table, f"recall: {len(MUTATIONS) - len(missed)}/{len(MUTATIONS)}")
    assert missed == []


def test_a_refusal_is_one_line_that_names_unit_address_and_rule(plans: Plans) -> None:
    for mutation in MUTATIONS:
        for refusal in _by_rules(edited(plans[mutation.unit], mutation.edit)):
            line = str(refusal)
            assert "\n" not in line
            assert line.startswith(f"{mutation.unit}: {refusal.address}: [{refusal.rule}] ")
            assert ": " in refusal.message, f"{line} does not say what to do"
            assert "hunter2" not in line


def test_what_is_no_danger_is_not_refused(plans: Plans, program: None) -> None:
    units = [Unit(edited(plans[benign.unit], benign.edit)) for benign in BENIGN]
    checks = [*checkov.refusals(units), *(each for unit in units for each in rules.refusals(unit))]
    losses = [each for unit in units for check in (data, renamed) for each in check.refusals(unit)]
    assert list(map(str, [*exceptions.without(checks), *losses])) == []
    assert len(BENIGN) >= 15


REPLANNED = ("publicly_accessible = true", "*:* with a token in it", 'value = "flexible"')


@pytest.mark.parametrize("name", REPLANNED)
def test_a_change_that_is_really_planned_is_refused_alike(
    name: str, plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    mutation = next(each for each in MUTATIONS if each.name == name)
    edit = edited(plans[mutation.unit], mutation.edit)
    replanned = UnitPlan(
        name=edit.name,
        configuration=edit.configuration,
        plan=planning.plan(edit.configuration, tmp_path, mirrors),
    )
    assert _refuses(mutation, _by_rules(replanned))
    assert _by_rules(replanned) == _by_rules(edit)


@pytest.mark.slow
def test_all_changes_that_are_really_planned_are_refused(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path, program: None
) -> None:
    """By the gate; or, where Terraform does not even plan them, by Terraform."""
    missed, planned = [], 0
    for number, mutation in enumerate(MUTATIONS):
        document = edited(plans[mutation.unit], mutation.edit).configuration
        try:
            plan = planning.plan(document, tmp_path / str(number), mirrors)
        except AssertionError:
            continue
        if mutation.unit and mutation.name == "the image latest":
            continue
        planned += 1
        unit = Unit(UnitPlan(name=mutation.unit, configuration=document, plan=plan))
        found = checkov.refusals([unit]) if mutation.rule.startswith("CKV") else _by_rules(unit.plan)
        missed += [] if _refuses(mutation, found) else [mutation]
    print(f"really planned: {planned} of {len(MUTATIONS)}")
    assert missed == []
    assert planned > len(MUTATIONS) * 0.8


@pytest.mark.slow
def test_checkov_alone_would_miss_much(plans: Plans, program: None) -> None:
    """Why the gate has rules of its own: how many of these changes checkov refuses."""
    units = [Unit(edited(plans[each.unit], each.edit)) for each in MUTATIONS]
    accepted = {
        (each.unit, each.address, each.rule) for each in checkov.refusals([Unit(plan) for plan in _originals(plans)])
    }
    caught = 0
    for unit in units:
        new = {(each.unit, each.address, each.rule) for each in checkov.refusals([unit])} - accepted
        caught += bool(new)
    print(f"checkov alone: {caught} of {len(MUTATIONS)}")
    assert 0 < caught < len(MUTATIONS) * 0.7


def _originals(plans: Plans) -> list[UnitPlan]:
    return [plans[name] for name in sorted({mutation.unit for mutation in MUTATIONS})]


def _by_rules(plan: UnitPlan) -> list[Refusal]:
    return exceptions.without(rules.refusals(Unit(plan)))


def _refuses(mutation: Mutation, found: Iterable[Refusal]) -> bool:
    wanted = (mutation.unit, mutation.address, mutation.rule)
    return any((each.unit, each.address, each.rule) == wanted for each in found)


def test_the_gate_asks_all_of_its_parts(plans: Plans, program: None) -> None:
    broken = next(each for each in MUTATIONS if each.address == DATABASE and each.rule.startswith("CKV"))
    (refusal,) = gate.refusals([edited(plans[broken.unit], broken.edit)])
    assert refusal.rule == broken.rule
