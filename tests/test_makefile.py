"""The Makefile accepts the Pythons that the README names, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_command import MANY, ONE

PROJECT = Path(__file__).parents[1]
NAMED = "Python 3.11.2 or later, 3.12 or 3.13"


def synth(directory: Path, version: str) -> subprocess.CompletedProcess[str]:
    """`make synth` in an empty project with a Python that says it is of this version, and makes no environment."""
    python = directory / "python"
    disguise = f"import sys; sys.version_info = ({version.replace('.', ', ')}); exec(sys.argv[1])"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} -c "{disguise}" "$2"\nexit 1\n')
    python.chmod(0o755)
    (directory / "Pipfile.lock").touch()
    command = ["make", "-f", str(PROJECT / "Makefile"), f"PYTHON={python}", "synth"]
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(command, cwd=directory, env=outside, capture_output=True, text=True)


@pytest.mark.parametrize("version", ["3.11.2", "3.11.14", "3.12.0", "3.13.9"])
def test_a_supported_python_is_used(tmp_path: Path, version: str) -> None:
    assert "Creating .venv with" in synth(tmp_path, version).stdout


@pytest.mark.parametrize("version", ["3.9.18", "3.10.13", "3.11.1", "3.14.0"])
def test_another_is_refused_in_one_line(tmp_path: Path, version: str) -> None:
    done = synth(tmp_path, version)
    remedy = "install one, or name it: make PYTHON=python3.13"
    assert done.stderr.splitlines()[0] == f"make: {tmp_path}/python is not {NAMED}: {remedy}"
    assert (done.returncode, done.stdout) == (2, "")


def test_readme_names_the_same() -> None:
    assert NAMED in (PROJECT / "README.md").read_text()


def test_ci_tries_each_of_them() -> None:
    (tried,) = re.findall(r"^for wanted in (.+); do$", (PROJECT / ".ci/pythons").read_text(), re.MULTILINE)
    assert set(re.findall(r"[\d.]+", NAMED)) <= set(tried.split())


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=PROJECT, env=outside, capture_output=True, text=True
    )


def test_help_lists_the_verbs_in_groups_within_80_columns() -> None:
    lines = make().stdout.splitlines()
    assert max(map(len, lines)) <= 80
    groups = [line.rstrip(":") for line in lines if line.endswith(":")]
    assert groups == [
        *("Describe your environments", "Review a change", "Deploy", "Operate", "Try without an account"),
        *("Develop", "Maintain"),
    ]
    assert [line.split()[1] for line in lines if line.startswith("  make ")][:8] == [
        *("init", "environment", "describe", "diff-environments", "doctor", "synth", "plan", "cost"),
    ]


def test_a_new_environment_is_named_by_variables_of_its_own() -> None:
    last = make("--dry-run", "environment", "NAME=qa", "FROM=dev", "ARGS=--account-id 1").stdout.splitlines()[-1]
    assert last.endswith("python -m cli environment qa --from=dev --account-id 1")


@pytest.mark.parametrize("verb", [*ONE, *MANY, "synth"])
def test_each_verb_about_environments_takes_them_by_env(verb: str) -> None:
    (line,) = [line for line in make().stdout.splitlines() if line.startswith(f"  make {verb} ")]
    assert "[ENV " in line
    last = make("--dry-run", verb, "ENV=prd").stdout.splitlines()[-1]
    assert re.search(r"python (main\.py|-m cli [a-z-]+) prd\b", last)


@pytest.mark.parametrize(
    ("arguments", "takes"),
    [
        (("synth", "ENVIRONMENTS=prod"), "synth does not take ENVIRONMENTS: it takes ARGS ENV PYTHON"),
        (("plan", "Env=prod"), "plan does not take Env: it takes ARGS ENV PYTHON"),
        (("ENV=prod",), "help does not take ENV: it takes PYTHON"),
        (("lint", "ENV=prod"), "lint does not take ENV: it takes PYTHON"),
        (("deploy", "TAG=1", "YES=1"), "deploy does not take TAG YES: it takes ARGS ENV IMAGE_TAG PYTHON"),
    ],
)
def test_a_variable_that_a_verb_does_not_take_is_refused(arguments: tuple[str, ...], takes: str) -> None:
    done = make(*arguments)
    (line,) = done.stderr.splitlines()
    assert takes in line
    assert (done.returncode, done.stdout) == (2, "")
