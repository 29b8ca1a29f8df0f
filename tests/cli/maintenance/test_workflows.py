"""The workflows of GitHub name the environments that there are, and keep what a person wrote for one."""

from __future__ import annotations

import pytest

from cli.maintenance import workflows
from cli.maintenance.workflows import naming

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


@pytest.mark.parametrize("workflow", [MATRIX, JOBS, "jobs: {}\n"])
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


def test_misuse_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert workflows.main(["dev"]) == 1
    assert (
        capsys.readouterr().err
        == "python -m cli workflows: unrecognized arguments: dev: see python -m cli workflows --help\n"
    )
