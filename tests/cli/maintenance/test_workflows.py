"""The workflows of GitHub name the environments that there are, and keep what a person wrote for one."""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from cli.maintenance import workflows
from cli.maintenance.workflows import naming
from tests.environments import DIRECTORY, ENVIRONMENTS

MATRIX = """\
jobs:
  plan:
    strategy:
      matrix:
        include:
          # environments: kept
          - { environment: dev, role: PLAN_ROLE_ARN_DEV }
          - { environment: prod, role: PLAN_ROLE_ARN_PROD }
          # end
    runs-on: ubuntu-24.04 # for dev and prod
"""
JOBS = """\
jobs:
  build:
    runs-on: ubuntu-24.04

  # environments: kept
  dev:
    needs: build
    environment: dev
    concurrency:
      group: deploy-dev
    steps:
      - run: .github/save dev > /dev/null

  prod:
    needs: [build, dev]
    environment: prod
    timeout-minutes: 240 # a large database
    concurrency:
      group: deploy-prod
    steps:
      - run: .github/save prod > /dev/null
  # end
"""


OPTIONS = """\
        options:
          - all
          # environments: kept
          - dev
          - prod
          # end
"""
PAIRS = """\
  # environments: kept
  plan-dev:
    needs: build
    if: inputs.environment == 'dev'
    steps:
      - with:
          environment: dev
          role: ${{ vars.DRIFT_ROLE_ARN_DEV }}

  dev:
    needs: [build, plan-dev]
    if: needs.plan-dev.result == 'success'
    environment: dev

  plan-prod:
    needs: [build, dev]
    if: inputs.environment == 'prod'
    steps:
      - with:
          environment: prod
          role: ${{ vars.DRIFT_ROLE_ARN_PROD }}

  prod:
    needs: [build, plan-prod]
    if: needs.plan-prod.result == 'success'
    environment: prod # mine
  # end
"""


@pytest.mark.parametrize("workflow", [MATRIX, JOBS, OPTIONS, PAIRS, "jobs: {}\n"])
def test_one_that_names_them_already_stays_as_it_is(workflow: str) -> None:
    assert naming(workflow, ["dev", "prod"]) == workflow


def test_a_matrix_has_a_row_for_each_with_the_variable_that_bootstrap_prints() -> None:
    rows = naming(MATRIX, ["dev", "prod", "eu-prod"]).splitlines()[6:9]
    assert rows[1:] == [
        "          - { environment: prod, role: PLAN_ROLE_ARN_PROD }",
        "          - { environment: eu-prod, role: PLAN_ROLE_ARN_EU_PROD }",
    ]


def test_a_renamed_environment_keeps_what_was_written_for_it_and_nothing_else_is_taken_for_its_name() -> None:
    renamed = naming(JOBS, ["tst", "prd"])
    assert renamed == JOBS.replace("prod", "prd").replace("dev", "tst").replace("/tst/null", "/dev/null")
    assert naming(renamed, ["dev", "prod"]) == JOBS


def test_each_job_waits_for_the_one_before_it() -> None:
    jobs = naming(JOBS, ["dev", "staging", "prod"])
    assert [line.strip() for line in jobs.splitlines() if "needs" in line] == [
        "needs: build",
        "needs: [build, dev]",
        "needs: [build, staging]",
    ]
    assert jobs.count("timeout-minutes: 240") == 2, "a new one is like the last"
    one = naming(JOBS, ["prod"])
    assert "needs: build\n" in one
    assert "dev\n" not in one
    assert naming(naming(one, ["dev", "prod"]), ["prod"]) == one


def test_a_list_that_is_empty_or_without_its_comments_is_left_to_who_wrote_it() -> None:
    for workflow in ("  # environments\n  # end\n", JOBS.replace("  # end\n", "")):
        assert naming(workflow, ["prd"]) == workflow


def test_an_input_offers_each() -> None:
    assert naming(OPTIONS, ["dev", "hml", "eu-prd"]) == OPTIONS.replace("- prod\n", "- hml\n          - eu-prd\n")


def test_an_environment_may_have_several_jobs_of_which_the_first_waits_for_the_environment_before() -> None:
    assert naming(PAIRS, ["dev", "eu-prd"]) == PAIRS.replace("prod", "eu-prd").replace("_PROD", "_EU_PRD")
    one = naming(PAIRS, ["prod"])
    assert one.count("environment: prod\n") == 1
    assert "plan-prod:\n    needs: build\n" in one
    assert "needs: [build, plan-prod]" in one
    assert "dev" not in one
    three = naming(PAIRS, ["dev", "prod", "eu"])
    assert "plan-eu:\n    needs: [build, prod]\n" in three
    assert naming(three, ["dev", "prod"]) == PAIRS


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Workflows that name dev and prod, and one that names nothing."""
    for name, text in {"deploy": JOBS, "plan": MATRIX, "ci": "jobs: {}\n"}.items():
        (tmp_path / f"{name}.yml").write_text(text)
    return tmp_path


def run(files: Path, *argv: str) -> int:
    """The command for the four environments of tests/environments."""
    return workflows.main(argv, directory=DIRECTORY, workflows=files)


def test_what_would_change_is_shown_and_not_written_without_consent(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files) == 1
    out, err = capsys.readouterr()
    assert "+          - { environment: eu-prod, role: PLAN_ROLE_ARN_EU_PROD }\n" in out
    assert "+      group: deploy-staging\n" in out
    assert err == (
        "workflows: there is no terminal to ask for consent: pass --yes, as in `make workflows ARGS=--yes`\n"
    )
    assert (files / "plan.yml").read_text() == MATRIX


def test_with_consent_all_of_them_are_written_and_the_second_time_nothing(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, "--yes") == 0
    shown = capsys.readouterr().out
    assert shown.count("+++ ") == 2
    assert yaml.safe_load((files / "deploy.yml").read_text())["jobs"].keys() == {"build", *ENVIRONMENTS}
    assert run(files) == 0
    assert capsys.readouterr().out == ""


def test_a_list_that_cannot_be_kept_is_named_and_nothing_is_written(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "one.yml").write_text(OPTIONS.replace("          # end\n", "") + JOBS)
    (files / "two.yml").write_text(JOBS.replace("  # end\n", ""))
    (files / "zero.yml").write_text("  # environments\n  # end\n# environments are listed above\n")
    assert run(files, "--yes") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{files}/one.yml:3: # environments has no # end: write it below the list",
        f"{files}/two.yml:5: # environments has no # end: write it below the list",
        f"{files}/zero.yml:1: lists no environment: write the entry of one, like which the others are made",
    ]
    assert (files / "plan.yml").read_text() == MATRIX


def test_both_extensions_are_workflows_to_github_and_here(files: Path) -> None:
    (files / "plan.yml").rename(files / "plan.yaml")
    assert run(files, "--yes") == 0
    rows = yaml.safe_load((files / "plan.yaml").read_text())["jobs"]["plan"]["strategy"]["matrix"]["include"]
    assert [row["environment"] for row in rows] == [*ENVIRONMENTS]


def test_where_no_workflow_has_a_list_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ci.yml").write_text("jobs: {}\n")
    for directory in (tmp_path, tmp_path / "gone"):
        assert run(directory, "--yes") == 0
        said = f"{directory}: no workflow has a list between # environments and # end: nothing to do\n"
        assert capsys.readouterr() == (said, "")


def test_where_one_cannot_be_written_none_is(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda file, _: file.name != "plan.yml")  # root may write any
    assert run(files, "--yes") == 1
    assert capsys.readouterr().err.endswith("/plan.yml: cannot be written (it is read-only): nothing was changed\n")
    assert [(files / f"{name}.yml").read_text() for name in ("deploy", "plan")] == [JOBS, MATRIX]


def test_one_that_cannot_be_read_is_named(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "zoo.yml").symlink_to("gone")
    assert run(files, "--yes") == 1
    what = "cannot be read (No such file or directory): make it readable, or remove it"
    assert capsys.readouterr() == ("", f"{files}/zoo.yml: {what}\n")
    assert (files / "plan.yml").read_text() == MATRIX


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 1), ("\x04", 1)])
def test_a_terminal_is_asked(answer: str, code: int, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert run(files) == code
    os.close(ours)
    assert ((files / "plan.yml").read_text() == MATRIX) is bool(code)


def test_misuse_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert workflows.main(["dev"]) == 1
    assert (
        capsys.readouterr().err
        == "python -m cli workflows: unrecognized arguments: dev: see python -m cli workflows --help\n"
    )
