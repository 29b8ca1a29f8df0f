"""What the schema accepts, the gate accepts: every alternative of every field, planned by the real provider.

`bootstrap` is an administrator's, and no gate looks at it; its rights have their own tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from cdktf import App

from cli.review.gate import checkov, computed, exceptions, rules
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Plan, UnitPlan
from stacks.config.findings import RELAXATIONS, losses
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests import terraform
from tests.alternatives import alternatives
from tests.cli.review.gate.breaches import breaches_of, unneeded
from tests.environments import frozen
from tests.plans import Plans
from tests.support import Json, read_output


def synthesized(environments: Iterable[Environment], output: Path) -> dict[str, Json]:
    app = App(outdir=str(output))
    for environment in environments:
        compose(app, environment)
    app.synth()
    return dict(read_output(output))


def environments() -> tuple[Environment, ...]:
    return (*(each.environment for each in alternatives()), replace(frozen("dev"), name="qa"))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    return synthesized(environments(), tmp_path_factory.mktemp("alternatives"))


@pytest.fixture(scope="module")
def program() -> None:
    terraform.require(checkov.PROGRAM.is_file(), "checkov (make .venv-checkov/.synced)")


@pytest.fixture(scope="module")
def units(documents: dict[str, Json], mirrors: dict[str, Path], shared: Path, program: None) -> list[Unit]:
    plans = Plans(documents, mirrors, shared / "plans")
    return [Unit(plans[name]) for name in documents]


@pytest.fixture(scope="module")
def breaches(units: list[Unit], shared: Path) -> list[Refusal]:
    return breaches_of(units, shared)


@pytest.mark.slow
def test_every_alternative_is_accepted_and_a_copy_of_dev_under_another_name(
    units: list[Unit], breaches: list[Refusal]
) -> None:
    assert {"it-0-network", "qa-network"} < {unit.name for unit in units}
    refused = exceptions.without(breaches, units)
    assert not refused, "\n".join(f"{refusal} ({_changes(refusal.unit)})" for refusal in refused)


def existing(plan: UnitPlan) -> UnitPlan:
    """A plan that leaves all as it is, of which no more is known than at first."""
    document = deepcopy(plan.plan.document)
    for change in (each["change"] for each in document["resource_changes"] if each["mode"] == "managed"):
        change |= {"actions": ["no-op"], "before": change["after"]}
    return replace(plan, plan=Plan(document))


@pytest.fixture(scope="module")
def second(units: list[Unit]) -> list[Unit]:
    """The units as their second plans have them."""
    return [Unit(computed.without(existing(unit.plan))) for unit in units]


@pytest.fixture(scope="module")
def answered(second: list[Unit]) -> list[Unit]:
    """Those of which checkov judges what AWS answers: origins of CloudFront by name, and replicas without backups."""
    found = []
    for unit in second:
        resources = unit.plan.plan.document["planned_values"]["root_module"].get("resources", ())
        values = [each.get("values", {}) for each in resources]
        origins = [origin for each in values for origin in each.get("origin", ())]
        replicas = [each for each in values if each.get("replicate_source_db")]
        for origin in origins:
            origin["domain_name"] = "django-it-1.us-east-1.elb.amazonaws.com"
        for replica in replicas:
            replica["backup_retention_period"] = 0
        found += [unit] if origins or replicas else []
    return found


@pytest.fixture(scope="module")
def breaches_of_answered(answered: list[Unit], program: None) -> list[Refusal]:
    return [*checkov.refusals(answered)]


@pytest.mark.slow
def test_what_is_deployed_is_accepted_as_it_was_at_first(
    second: list[Unit], breaches_of_answered: list[Refusal]
) -> None:
    """Of a resource that exists, what is not configured is not judged: a rule must not ask for a default."""
    found = [refusal for unit in second for refusal in rules.refusals(unit)]
    assert {"CKV2_AWS_72", "CKV_AWS_133"} <= {refusal.rule for refusal in breaches_of_answered}
    assert list(map(str, exceptions.without([*found, *breaches_of_answered], second))) == []


@pytest.mark.slow
def test_every_exception_is_needed(
    units: list[Unit], breaches: list[Refusal], breaches_of_answered: list[Refusal]
) -> None:
    assert unneeded(units, [*breaches, *breaches_of_answered]) == [], "take it out of cli/review/gate/exceptions.py"


def _accepting(unit: Unit, *findings: Mapping[str, str]) -> Unit:
    """The unit, of which these findings are accepted and no others."""
    return Unit(replace(unit.plan, configuration={**unit.configuration, "//": {"accepted_findings": [*findings]}}))


@pytest.mark.slow
def test_every_relaxation_is_needed(
    units: list[Unit], breaches: list[Refusal], breaches_of_answered: list[Refusal]
) -> None:
    needed = set()
    breaches = [*breaches, *breaches_of_answered]
    for unit in units:
        of_unit = [refusal for refusal in breaches if refusal.unit == unit.name]
        refused = len(exceptions.without(of_unit, [_accepting(unit)]))
        for finding in unit.accepted_findings:
            if len(exceptions.without(of_unit, [_accepting(unit, finding)])) < refused:
                # `dns` and `cloudflare_dns` are one input.
                path = re.sub(r"^dns\.", "cloudflare_dns.", finding["input"])
                needed.add((path, finding["rule"], finding["address"]))
    written = {(each.input, rule, address) for each in RELAXATIONS for rule in each.rules for address in each.addresses}
    assert written - needed == set(), "take it out of stacks/config/findings.py"


@pytest.mark.slow
def test_whether_an_environment_is_protected_changes_nothing_that_is_planned_or_judged(
    documents: dict[str, Json], tmp_path: Path
) -> None:
    """So that one judgement is enough, and what would be lost is the schema's to refuse."""
    protected = [replace(each, protected=True) for each in environments()]
    assert any(problem for each in protected for problem in losses(each))
    of_protected = synthesized(protected, tmp_path / "cdktf.out")
    assert of_protected != documents
    assert {name: _without_protected(each) for name, each in of_protected.items()} == {
        name: _without_protected(each) for name, each in documents.items()
    }


def _without_protected(document: Json) -> Json:
    return {**document, "//": {**document["//"], "protected": None}}


def _changes(unit: str) -> str:
    """What of its environment may be the reason of a refusal: its changes of the fields of that unit."""
    for each in alternatives():
        name, _, role = unit.partition(f"{each.environment.name}-")
        if not name and role:
            prefix = role.replace("-", "_")
            return ", ".join(
                f"{path}={value!r}"
                for change in each.changes
                for path, value in change.items()
                if path.startswith(prefix)
            )
    return unit
