"""A user who replaces the environments by others of their own has green tests after `make snapshots`, and nothing else.

`make init` makes the user's environments of those of tests/environments, in a copy of this project: no example is left,
staging and prod are renamed, dev is gone, and there is one in another region with a hyphen in its name.
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
INSTALLED = (".venv", ".venv-app", ".venv-checkov", ".venv-projects", "node_modules")

ENVIRONMENTS = ("hml", "prd", "eu-prd")
ZONE, OTHER_ZONE = "0" * 32, "4" * 32
INIT = f"""
    --environments hml,prd,eu-prd --size hml=staging,prd=prod,eu-prd=prod
    --project web-shop --region eu-prd=eu-west-1
    --account-id hml=202020202020,prd=303030303030,eu-prd=404040404040
    --zone-id hml={ZONE},prd={ZONE},eu-prd={OTHER_ZONE}
    --zone-name hml=acme.io,prd=acme.io,eu-prd=acme.eu --record-name hml=hml,prd=api,eu-prd=api
    --alert-emails hml=team@acme.io,prd=oncall@acme.io,team@acme.io
    --image-repository web/shop --github-repository acme/shop --yes --replace
"""
# What a user changes by hand beside that.
ARN = "arn:aws:acm:us-east-1:303030303030:certificate/01234567-89ab-cdef-0123-456789abcdef"
BOUNDARY = "arn:aws:iam::303030303030:policy/company/boundary"
BY_HAND = {
    "hml": {
        'project="web-shop"': 'project="web-shop",\n    owner="shop-team"',
        "    alerts=AlertsInputs(": "    observability=ObservabilityInputs(),\n    alerts=AlertsInputs(",
        "    PostgreSQLInputs,\n": "    ObservabilityInputs,\n    PostgreSQLInputs,\n",
        "access_log_days=45": 'access_log_days=45, health_check=HealthCheckInputs(path="/health/ready/")',
        "    LoadBalancerInputs,\n": "    HealthCheckInputs,\n    LoadBalancerInputs,\n",
    },
    "prd": {
        "CertificateInputs()": f'CertificateInputs(existing_arn="{ARN}")',
        'project="web-shop"': f'project="web-shop",\n    permissions_boundary="{BOUNDARY}"',
    },
}


def change(file: Path, values: Mapping[str, str]) -> None:
    text = file.read_text()
    for old, new in values.items():
        assert old in text, f"{file.name}: {old}: is not there any more: replace another value"
        text = text.replace(old, new)
    file.write_text(text)


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
        if re.search(r"^(ENVIRONMENT|APPLICATION)\b", file.read_text(), re.MULTILINE):
            file.unlink()
    for name in ("application", "dev", "staging", "prod"):
        shutil.copy(DIRECTORY / f"{name}.py", config)
    package = config / "__init__.py"
    names = 'ENVIRONMENTS = ("dev", "staging", "prod")'
    package.write_text(re.sub(r"^ENVIRONMENTS = .*$", names, package.read_text(), flags=re.MULTILINE))
    make(project, "init", f"ARGS={' '.join(INIT.split())}")
    for name, values in BY_HAND.items():
        change(config / f"{name}.py", values)
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
    made = (
        ".venv/.synced",
        ".venv/.synced-dev",
        ".venv-app/.synced",
        ".venv-app/.synced-tests",
        ".venv-checkov/.synced",
        ".venv-projects/.synced",
    )
    return run(project, "make", *(f"--old-file={name}" for name in made), *arguments)


def test_all_is_green_after_make_snapshots(copy: Path) -> None:
    make(copy, "snapshots")
    assert sorted({file.parent.name for file in (copy / "tests/snapshots").glob("*/*.json")}) == sorted(ENVIRONMENTS)
    assert "deploy-eu-prd" in (copy / ".github/workflows/deploy.yml").read_text()
    assert "docs/graph/eu-prd.svg" in (copy / "README.md").read_text()
    run(copy, ".venv/bin/ruff", "format", "stacks/config")  # as `make format`
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "stacks/config"], ["lint-imports"]):
        run(copy, f".venv/bin/{command[0]}", *command[1:])
    # No test but those of `own` reads stacks/config; of the others those that take long are known to pass.
    quick = 'ARGS=-n 2 -q -m "not slow and (own or not (terraform or thorough))"'
    print(make(copy, "test-infrastructure", quick).splitlines()[-1])
