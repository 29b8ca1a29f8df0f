"""checkov never passes silently: a scan that did not look is a refusal."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cli.review import gate
from cli.review.gate import checkov, rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from tests import terraform
from tests.cli.review.gate.editing import edited, put
from tests.cli.review.gate.mutations import DATABASE, PROD_DNS, PROD_POSTGRESQL, ROLE_POLICY, SECRET
from tests.plans import Plans

SERVICE = "prod-django-service"


@pytest.fixture
def program() -> Path:
    terraform.require(checkov.PROGRAM.is_file(), "checkov (make .venv-checkov/.synced)")
    return checkov.PROGRAM


@pytest.fixture
def unit() -> Unit:
    """One resource that checkov has rules for."""
    address = "aws_s3_bucket.it"
    change = {"address": address, "mode": "managed", "type": "aws_s3_bucket", "name": "it"}
    inner = {"actions": ["create"], "before": None, "after": {"bucket": "it"}, "after_unknown": {}}
    plan = {"resource_changes": [{**change, "change": inner}]}
    return Unit(UnitPlan(name="prod-it", configuration={"resource": {"aws_s3_bucket": {"it": {}}}}, plan=Plan(plan)))


def _stand_in(directory: Path, answer: object, code: int = 0) -> Path:
    """A program that answers as checkov might."""
    program = directory / "checkov"
    (directory / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
    program.write_text(f"#!/bin/sh\ncat {directory}/answer\nexit {code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def _report(framework: str, *, passed: int = 1, errors: int = 0, address: str = "aws_s3_bucket.it") -> Json:
    check = {"check_id": "CKV_AWS_1", "check_name": "Ensure it", "resource": address}
    checks = [{**check, "file_path": "/0/tfplan.json"}] * passed
    unread = [f"/tmp/gate/0/aws_s3_bucket.{number}.tf.json" for number in range(errors)]
    results = {"passed_checks": checks, "failed_checks": [], "skipped_checks": [], "parsing_errors": unread}
    return {"check_type": framework, "results": results}


def test_where_checkov_is_missing_the_line_names_the_make_target(unit: Unit, tmp_path: Path) -> None:
    (refusal,) = checkov.refusals([unit], program=tmp_path / "checkov")
    assert str(refusal) == (
        "[checkov/failed] checkov is not installed, so it checks nothing: run `make .venv-checkov/.synced`"
    )


def test_the_make_target_is_there() -> None:
    makefile = (checkov.PROGRAM.parents[2] / "Makefile").read_text()
    assert "CHECKOV_SYNCED := .venv-checkov/.synced\n" in makefile
    assert "$(CHECKOV_SYNCED): " in makefile


GOOD = [_report(framework) for framework in checkov.FRAMEWORKS]


def test_an_answer_that_passes_is_accepted(unit: Unit, tmp_path: Path) -> None:
    assert list(checkov.refusals([unit], program=_stand_in(tmp_path, GOOD))) == []


@pytest.mark.parametrize(
    ("answer", "code", "wrong"),
    [
        ("", 0, "gave no report of both frameworks"),
        ("Traceback", 0, "gave no report of both frameworks"),
        ({"passed": 0, "failed": 0}, 0, "gave no report of both frameworks"),
        (GOOD[:1], 0, "gave no report of both frameworks"),
        (GOOD, 2, "ended with 2"),
        ([GOOD[0], _report("terraform_plan", passed=0)], 0, "passed nothing of terraform_plan"),
        ([_report("terraform_json", errors=2), GOOD[1]], 0, "cannot read aws_s3_bucket.0, aws_s3_bucket.1: "),
    ],
)
def test_an_answer_that_proves_nothing_is_refused(
    answer: object, code: int, wrong: str, unit: Unit, tmp_path: Path
) -> None:
    (refusal,) = checkov.refusals([unit], program=_stand_in(tmp_path, answer, code))
    assert refusal.rule == "checkov/failed"
    assert wrong in refusal.message
    assert "\n" not in str(refusal)


def test_a_file_of_no_unit_that_cannot_be_read_is_refused_too(unit: Unit, tmp_path: Path) -> None:
    report = _report("terraform_json")
    report["results"]["parsing_errors"] = ["/tmp/gate/elsewhere.tf.json"]
    (refusal,) = checkov.refusals([unit], program=_stand_in(tmp_path, [report, GOOD[1]]))
    assert "cannot read elsewhere.tf.json, which is not a file of a unit" in refusal.message


MOVED = {"from": "aws_db_instance.old", "to": DATABASE}
BESIDE_RESOURCES: dict[str, Json] = {
    "moved": {"moved": [MOVED]},
    "import": {"import": [{"to": DATABASE, "id": "django-prod-postgresql"}]},
    "removed": {"removed": [{"from": "aws_db_instance.old", "lifecycle": {"destroy": False}}]},
    "check": {"check": {"it": {"assert": [{"condition": "${true}", "error_message": "no"}]}}},
    "ephemeral": {"ephemeral": {"aws_secretsmanager_random_password": {"it": {"password_length": 50}}}},
    "locals": {"locals": {"it": [{"a": 1}]}},
}


@pytest.mark.slow
def test_a_unit_may_move_import_remove_and_check(plans: Plans, program: Path) -> None:
    plan = plans[PROD_POSTGRESQL]
    units = [
        replace(plan, name=name, configuration={**plan.configuration, **blocks})
        for name, blocks in BESIDE_RESOURCES.items()
    ]
    assert gate.refusals(units) == []


@pytest.mark.slow
def test_a_unit_that_cannot_be_read_is_named_and_refuses_itself_alone(plans: Plans, program: Path) -> None:
    plan = plans[PROD_POSTGRESQL]
    unreadable = replace(plan, name="unreadable", configuration={**plan.configuration, "output": {"it": "no block"}})
    wrong = edited(plan, put(DATABASE, "storage_encrypted", value=False))
    found = {(each.unit, each.rule) for each in checkov.refusals([Unit(unreadable), Unit(wrong)])}
    expected = {each.rule for each in checkov.refusals([Unit(wrong)])}
    assert ("unreadable", "checkov/failed") in found
    assert {rule for unit, rule in found if unit == PROD_POSTGRESQL} == expected
    assert "CKV_AWS_16" in expected
    assert {rule for unit, rule in found if unit == "unreadable"} == {"checkov/failed"}


def test_a_unit_that_crashes_the_scan_refuses_itself_alone(unit: Unit, tmp_path: Path) -> None:
    """A program that crashes where it finds the word `crash`, and else passes what it was asked for."""
    crashing = Unit(
        replace(unit.plan, name="crashing", configuration={**unit.configuration, "variable": {"crash": {}}})
    )
    program = _stand_in(tmp_path, GOOD)
    answer = program.read_text().removeprefix("#!/bin/sh\n")
    program.write_text(f'#!/bin/sh\ngrep -rq crash "$2" && exit 2\n{answer}')
    found = list(checkov.refusals([unit, crashing], program=program))
    assert [(each.unit, each.rule) for each in found] == [("crashing", "checkov/failed")]


def test_a_program_that_does_not_answer_is_refused(unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _stand_in(tmp_path, GOOD)
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(checkov, "TIMEOUT_SECONDS", 0.2)
    (late,) = checkov.refusals([unit], program=program)
    assert "took too long" in late.message
    program.write_text("no program")
    (broken,) = checkov.refusals([unit], program=program)
    assert "cannot be started" in broken.message


def test_an_address_that_was_not_scanned_is_refused(unit: Unit, tmp_path: Path) -> None:
    answer = [_report(framework, address="aws_s3_bucket.other") for framework in checkov.FRAMEWORKS]
    (refusal,) = checkov.refusals([unit], program=_stand_in(tmp_path, answer))
    assert (refusal.unit, refusal.address, refusal.rule) == ("prod-it", "aws_s3_bucket.it", "checkov/not-scanned")


def test_only_types_without_rules_may_go_unscanned(program: Path) -> None:
    """Asks checkov itself: a type that has a rule would be scanned, or its absence noticed."""
    code = (
        "import json; from checkov.terraform.checks.resource.registry import resource_registry as registry; "
        "import checkov.terraform.checks.resource; print(json.dumps(sorted(registry.checks)))"
    )
    done = subprocess.run([program.parent / "python", "-c", code], capture_output=True, text=True, check=True)
    known = set(json.loads(done.stdout))
    assert len(known) > 200
    assert checkov.WITHOUT_RULES.keys() & known == set()


def test_what_checkov_has_no_rule_for_has_one_of_ours_or_a_reason() -> None:
    ours = {rule.id for rule in rules.RULES} | {"data/deleted"}
    for kind, reason in checkov.WITHOUT_RULES.items():
        named = re.findall(r"\b[a-z]+/[a-z-]+\b", reason)
        assert named or len(reason.split()) > 5, kind
        assert {*named} <= ours, kind


def test_a_unit_for_which_checkov_has_no_rules_needs_none(plans: Plans, tmp_path: Path) -> None:
    assert list(checkov.refusals([Unit(plans[PROD_DNS])], program=tmp_path / "missing")) == []


def test_the_json_shows_what_the_plan_hides(plans: Plans, program: Path) -> None:
    """A policy that holds a token is not known at plan, so that the scan of the plan alone passes it."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": ["*", f"${{{SECRET}.arn}}"]}],
    }
    mutant = edited(plans[SERVICE], put(ROLE_POLICY, "policy", json.dumps(policy)))
    blind = replace(mutant, name="blind", configuration=plans[SERVICE].configuration)
    found = {each.unit for each in checkov.refusals([Unit(mutant), Unit(blind)]) if each.address == ROLE_POLICY}
    assert found == {SERVICE}


def test_nothing_of_the_users_makes_it_pass(
    plans: Plans, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".checkov.yaml").write_text("skip-check: [CKV_AWS_161]\nquiet: true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CKV_SKIP_CHECK", "CKV_AWS_161")
    monkeypatch.chdir(tmp_path)
    mutant = edited(plans[PROD_POSTGRESQL], put(DATABASE, "iam_database_authentication_enabled", value=False))
    assert [(each.address, each.rule) for each in gate.refusals([mutant])] == [(DATABASE, "CKV_AWS_161")]


def test_plans_do_not_stay_on_disk(unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    list(checkov.refusals([unit], program=_stand_in(tmp_path, GOOD)))
    assert {each.name for each in tmp_path.iterdir()} == {"answer", "checkov"}


@pytest.mark.slow
def test_what_is_loaded_once_finds_the_same_in_each_plan(plans: Plans, program: Path) -> None:
    wrong = edited(plans[PROD_POSTGRESQL], put(DATABASE, "storage_encrypted", value=False))
    of_one_process = gate.refusals([wrong, plans[SERVICE]])
    assert of_one_process
    with gate.Gate() as one:
        for plan in (plans[SERVICE], wrong):  # whatever was scanned before
            one.look(plan)
        assert one.refusals([wrong, plans[SERVICE]]) == of_one_process


def test_what_is_loaded_once_reads_nothing_of_the_users(
    plans: Plans, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".checkov.yaml").write_text("skip-check: [CKV_AWS_161]\nquiet: true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CKV_SKIP_CHECK", "CKV_AWS_161")
    monkeypatch.chdir(tmp_path)
    mutant = edited(plans[PROD_POSTGRESQL], put(DATABASE, "iam_database_authentication_enabled", value=False))
    with gate.Gate() as one:
        one.look(mutant)
        assert [(each.address, each.rule) for each in one.refusals([mutant])] == [(DATABASE, "CKV_AWS_161")]


def test_what_is_stopped_refuses_and_leaves_no_process_and_no_file(
    unit: Unit, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with checkov.Loaded() as loaded:
        assert loaded._process
        loaded.stop()
        for _ in range(2):  # the second finds it gone
            (refusal,) = checkov.refusals([unit], loaded=loaded)
            assert refusal.rule == "checkov/failed"
            assert "checkov ended with -9" in refusal.message
    assert loaded._process.poll() == -9
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_gate_has_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(checkov, "PROGRAM", tmp_path / "checkov")
    holds = [
        "from pathlib import Path",
        "from cli.review.gate import checkov",
        "checkov.PROGRAM = Path('checkov')",
        "with checkov.Loaded(): input(1)",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", "\n".join(holds)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stdout.read(1) == b"1"
        process.kill()
    (left,) = tmp_path.iterdir()
    with checkov.Loaded():
        assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_where_checkov_is_missing_what_was_to_be_loaded_is_refused(
    unit: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkov, "PROGRAM", tmp_path / "checkov")
    with checkov.Loaded() as loaded:
        (refusal,) = checkov.refusals([unit], loaded=loaded)
    assert "checkov is not installed" in refusal.message
