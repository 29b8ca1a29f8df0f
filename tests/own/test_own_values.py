"""A user who replaces the environments by others of their own has green tests after `make snapshots`, and nothing else.

The user's environments are made of those of tests/environments, in a copy of this project: no example is left, staging
and prod are renamed, dev is gone, and there is a fourth in another region with a hyphen in its name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.environments import DIRECTORY

# It copies what tests may not read otherwise.
pytestmark = [pytest.mark.own, pytest.mark.slow]

PROJECT = Path(__file__).parents[2]
INSTALLED = (".venv", ".venv-app", ".venv-checkov", "node_modules")

HML = {
    'name="staging"': 'name="hml",\n    project="web-shop",\n    owner="shop-team"',
    'record_name="staging-api"': 'record_name="hml"',
    "access_log_days=45": 'access_log_days=45, health_check=HealthCheckInputs(path="/health/ready/")',
    "    LoadBalancerInputs,\n": "    HealthCheckInputs,\n    LoadBalancerInputs,\n",
    "222222222222": "202020202020",
}
ARN = "arn:aws:acm:us-east-1:303030303030:certificate/01234567-89ab-cdef-0123-456789abcdef"
PRD = {
    'name="prod"': 'name="prd",\n    project="web-shop"',
    "CertificateInputs()": f'CertificateInputs(existing_arn="{ARN}")',
    "333333333333": "303030303030",
}
EU_PRD = {
    'name="prod"': 'name="eu-prd",\n    project="web-shop",\n    region="eu-west-1"',
    "us-east-1": "eu-west-1",
    "10.30.0.0/16": "10.40.0.0/16",
    "333333333333": "404040404040",
    '"0" * 32': '"4" * 32',
    "acme.io": "acme.eu",
}
# What stands in the examples of all of them.
OWN = {
    "example-tfstate": "acme-tfstate",
    "django-app": "web/shop",
    '"00000000000000000000000000000000"': '"0" * 32',
    "example.com": "acme.io",
}


def written(frozen: str, values: Mapping[str, str]) -> str:
    """The file of an environment with the user's own values."""
    text = re.sub(r"Example\((.*?)\)", r"\1", (DIRECTORY / f"{frozen}.py").read_text()).replace("    Example,\n", "")
    for old, new in {**OWN, **values}.items():
        assert old in text, f"{frozen}: {old}: is not there any more: replace another value"
        text = text.replace(old, new)
    return text


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project with the user's environments, and with what is installed here."""
    project = tmp_path / "project"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(lambda name: (PROJECT / name).exists(), listed.rstrip("\0").split("\0")):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, project / name)
    for name in INSTALLED:
        (project / name).symlink_to((PROJECT / name).resolve())
    config = project / "stacks" / "config"
    for file in config.glob("*.py"):
        if re.search(r"^ENVIRONMENT\b", file.read_text(), re.MULTILINE):
            file.unlink()
    for name, (frozen, values) in {"hml": ("staging", HML), "prd": ("prod", PRD), "eu-prd": ("prod", EU_PRD)}.items():
        (config / f"{name}.py").write_text(written(frozen, values))
    package = config / "__init__.py"
    names = 'ENVIRONMENTS = ("hml", "prd", "eu-prd")'
    package.write_text(re.sub(r"^ENVIRONMENTS = .*$", names, package.read_text(), flags=re.MULTILINE))
    return project


def run(project: Path, *command: str) -> str:
    """What a program prints in the project, started as by a person. One that fails fails the test."""
    # Set by this test run, or by `make` if it was started by that.
    ours = ("PYTEST_", "MAKE", "MFLAGS", "NODE_", "JSII_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=project, env=inherited, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-6000:]}{done.stderr[-3000:]}"
    return done.stdout


def make(project: Path, *arguments: str) -> str:
    """`make`, with what is installed already."""
    made = (".venv/.synced-dev", ".venv-app/.synced", ".venv-app/.synced-tests", ".venv-checkov/.synced")
    return run(project, "make", *(f"--old-file={name}" for name in made), *arguments)


def test_all_is_green_after_make_snapshots(copy: Path) -> None:
    make(copy, "snapshots")
    assert sorted(file.name for file in (copy / "tests/snapshots").iterdir() if file.is_dir()) == [
        "eu-prd",
        "hml",
        "prd",
    ]
    assert "deploy-eu-prd" in (copy / ".github/workflows/deploy.yml").read_text()
    assert "docs/graph/eu-prd.svg" in (copy / "README.md").read_text()
    run(copy, ".venv/bin/ruff", "format", "stacks/config")  # as `make format`
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "stacks/config"], ["lint-imports"]):
        run(copy, f".venv/bin/{command[0]}", *command[1:])
    # What Terraform says of tests/environments is known here too, and no test of it reads stacks/config.
    quick = 'ARGS=-n 2 -q -m "not slow and (own or not terraform)"'
    print(make(copy, "test-infrastructure", quick).splitlines()[-1])
