"""The gate proved by mutation: each insecure change is refused, and what is no danger is not.

`pytest tests/cli/review/gate/test_mutations.py -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.table import Table

from cli.review.gate import checkov, data, exceptions, renamed, rules
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from stacks.console import Console
from tests import terraform
from tests.cli.review.gate import attacks, mutations
from tests.cli.review.gate.breaches import breaches_of, unneeded
from tests.cli.review.gate.editing import edited
from tests.cli.review.gate.mutations import Mutation
from tests.environments import ENVIRONMENTS
from tests.plans import Plans, plan_together

MUTATIONS = (*mutations.MUTATIONS, *attacks.ATTACKS)
BENIGN = (*mutations.BENIGN, *attacks.HARMLESS)
PLANNED = (*mutations.MUTATIONS, *attacks.PLANNED)


@pytest.fixture(scope="session")
def program() -> None:
    terraform.require(checkov.PROGRAM.is_file(), "checkov (make .venv-checkov/.synced)")


@pytest.fixture(scope="module")
def units(plans: Plans) -> list[Unit]:
    return [Unit(plan) for environment in ENVIRONMENTS for plan in plans.of(environment)]


@pytest.fixture(scope="module")
def breaches(units: list[Unit], program: None, shared: Path) -> list[Refusal]:
    return breaches_of(units, shared)


def test_the_units_are_accepted(units: list[Unit], breaches: list[Refusal]) -> None:
    assert list(map(str, exceptions.without(breaches, units))) == []


def test_every_exception_is_needed(units: list[Unit], breaches: list[Refusal]) -> None:
    # Those for what only other environments have, or what exists already, test_alternatives.py judges.
    found = [each for each in unneeded(units, breaches) if each.rule != "CKV_AWS_133"]
    assert found == [], "take it out of cli/review/gate/exceptions.py"


def test_what_an_environment_relaxes_is_accepted_by_its_inputs_alone(
    units: list[Unit], breaches: list[Refusal]
) -> None:
    silent = [Unit(replace(unit.plan, configuration=_without_findings(unit.configuration))) for unit in units]
    refused = exceptions.without(breaches, silent)
    assert {refusal.unit.partition("-")[0] for refusal in refused} == {"dev"}
    assert {refusal.rule for refusal in refused} == {
        finding["rule"] for unit in units for finding in unit.accepted_findings
    }


def _without_findings(configuration: Json) -> Json:
    comments = {key: value for key, value in configuration["//"].items() if key != "accepted_findings"}
    return {**configuration, "//": comments}


@pytest.fixture(scope="module")
def mutants(plans: Plans) -> list[UnitPlan]:
    """Of each of MUTATIONS, the plan that has it."""
    return [edited(plans[mutation.unit], mutation.edit) for mutation in MUTATIONS]


@pytest.fixture(scope="module")
def refused_by_rules(mutants: list[UnitPlan]) -> list[list[Refusal]]:
    """What our own rules refuse in each of them."""
    return [_by_rules(mutant) for mutant in mutants]


def test_each_insecure_change_is_refused(
    mutants: list[UnitPlan], refused_by_rules: list[list[Refusal]], program: None
) -> None:
    by_checkov = {mutation.rule for mutation in MUTATIONS if mutation.rule.startswith("CKV")}
    scanned = [Unit(mutant) for mutant, each in zip(mutants, MUTATIONS, strict=True) if each.rule in by_checkov]
    found = list(checkov.refusals(scanned))
    table = Table("unit", "change", "address", "rule", "refused")
    missed = []
    for mutation, refusals in zip(MUTATIONS, refused_by_rules, strict=True):
        refused = _refuses(mutation, found if mutation.rule in by_checkov else refusals)
        table.add_row(mutation.unit, mutation.name, mutation.address, mutation.rule, "yes" if refused else "NO")
        missed += [] if refused else [mutation]
    Console(soft_wrap=False, width=200).print(table, f"recall: {len(MUTATIONS) - len(missed)}/{len(MUTATIONS)}")
    assert missed == []


def test_a_refusal_is_one_line_that_names_unit_address_and_rule(refused_by_rules: list[list[Refusal]]) -> None:
    for mutation, refusals in zip(MUTATIONS, refused_by_rules, strict=True):
        for refusal in refusals:
            line = str(refusal)
            assert "\n" not in line
            assert line.startswith(f"{mutation.unit}: {refusal.address}: [{refusal.rule}] ")
            assert ": " in refusal.message, f"{line} does not say what to do"
            assert "hunter2" not in line


def test_what_is_no_danger_is_not_refused(plans: Plans) -> None:
    units = [Unit(edited(plans[benign.unit], benign.edit)) for benign in BENIGN]
    checks = [each for unit in units for each in rules.refusals(unit)]
    losses = [each for unit in units for check in (data, renamed) for each in check.refusals(unit)]
    assert list(map(str, [*exceptions.without(checks, units), *losses])) == []
    assert len(BENIGN) >= 15


@pytest.mark.slow
def test_what_is_no_danger_is_none_for_checkov(plans: Plans, program: None) -> None:
    units = [Unit(plan) for plan, _ in _changed_together(BENIGN, plans)]
    assert list(map(str, exceptions.without(checkov.refusals(units), units))) == []


def _changed_together(changes: Iterable[Mutation], plans: Plans) -> list[tuple[UnitPlan, dict[str, Mutation]]]:
    """As few units as can be, because to scan one takes a second: each with the changes of it, by address."""
    made: list[tuple[UnitPlan, dict[str, Mutation]]] = []
    for change in changes:
        of_the_unit = ((number, each) for number, each in enumerate(made) if each[0].name == change.unit)
        number, (unit, others) = next(
            ((number, each) for number, each in of_the_unit if change.edit.address not in each[1]),
            (len(made), (plans[change.unit], {})),
        )
        made[number : number + 1] = [(edited(unit, change.edit), {**others, change.edit.address: change})]
    return made


@pytest.mark.slow
def test_some_changes_that_are_really_planned_are_refused_alike(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    _planned_alike(PLANNED[::24], plans, mirrors, tmp_path)


@pytest.mark.slow
def test_all_changes_that_are_really_planned_are_refused_alike(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    _planned_alike(PLANNED, plans, mirrors, tmp_path)


def _planned_alike(mutations: Sequence[Mutation], plans: Plans, mirrors: dict[str, Path], directory: Path) -> None:
    """What was edited into a plan is what Terraform and the provider plan: none is wrong for them, and all refused."""
    edits = {
        f"change-{number}": (mutation, edited(plans[mutation.unit], mutation.edit))
        for number, mutation in enumerate(mutations)
        if mutation.name != "the image latest"  # Terraform refuses that value of the variable before it plans
    }
    documents = {name: edit.configuration for name, (_, edit) in edits.items()}
    planned = plan_together(documents, directory, mirrors)
    for name, (mutation, edit) in edits.items():
        real = _by_rules(UnitPlan(name=edit.name, configuration=edit.configuration, plan=Plan(planned[name])))
        assert mutation.rule.startswith("CKV") or _refuses(mutation, real), mutation.name
        assert list(map(str, real)) == list(map(str, _by_rules(edit))), mutation.name


@pytest.mark.slow
def test_checkov_alone_would_miss_much(plans: Plans, program: None) -> None:
    """Why the gate has rules of its own."""
    accepted = {
        (each.unit, each.address, each.rule)
        for each in checkov.refusals([Unit(plans[name]) for name in {mutation.unit for mutation in MUTATIONS}])
    }
    # Each under a name of its own, so that one scan tells them apart.
    together = {f"{plan.name}#{n}": (plan, made) for n, (plan, made) in enumerate(_changed_together(MUTATIONS, plans))}
    units = [Unit(replace(plan, name=name)) for name, (plan, _) in together.items()]
    found = {
        (each.unit, each.address)
        for each in checkov.refusals(units)
        if (each.unit.partition("#")[0], each.address, each.rule) not in accepted
    }
    caught = sum(
        not found.isdisjoint([(name, each.address), (name, each.edit.address)])
        for name, (_, made) in together.items()
        for each in made.values()
    )
    print(f"checkov alone: {caught}/{len(MUTATIONS)}")
    assert 0 < caught < len(MUTATIONS) * 0.7


def _by_rules(plan: UnitPlan) -> list[Refusal]:
    unit = Unit(plan)
    return exceptions.without(rules.refusals(unit), [unit])


def _refuses(mutation: Mutation, found: Iterable[Refusal]) -> bool:
    wanted = (mutation.unit, mutation.address, mutation.rule)
    return any((each.unit, each.address, each.rule) == wanted for each in found)
