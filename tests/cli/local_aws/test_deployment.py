"""A plan is read as Terraform means it, and Terraform leaves nothing in what is the user's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.local_aws.command import _others
from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.terraform.runner import TerraformFailed
from stacks.config.providers import ProvidersInputs
from tests.cli.local_aws.conftest import ACCOUNT
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json

pytestmark = pytest.mark.thorough

VERSION = {"type": "version"}
CHANGE = {"type": "planned_change", "change": {"resource": {"addr": "terraform_data.this"}, "action": "update"}}


@pytest.fixture
def deployment(aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalDeployment:
    """A unit, and a script in the place of Terraform."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", "user")
    provider = {"aws": [{"allowed_account_ids": [ACCOUNT]}]}
    return LocalDeployment(Tree(tmp_path, unit=unit("unit", provider=provider)).path, tmp_path, aws)


def script(deployment: LocalDeployment, text: str) -> None:
    """What is run in the place of Terraform."""
    file = deployment.directory / "terraform"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def plan(deployment: LocalDeployment, code: int, *events: Json) -> dict[str, list[str]]:
    """What a plan is taken for, of which Terraform tells this and ends with this code."""
    lines = "\n".join(map(json.dumps, events))
    script(deployment, f"cat <<'END'\n{lines}\nEND\nexit {code}")
    return deployment.plan(deployment.units[0])


def test_a_plan_without_changes_is_empty(deployment: LocalDeployment) -> None:
    assert plan(deployment, 0, VERSION) == {}


def test_a_plan_with_changes_names_them(deployment: LocalDeployment) -> None:
    assert plan(deployment, 2, VERSION, CHANGE) == {"terraform_data.this": ["update"]}


def test_a_plan_that_would_change_what_it_does_not_name_is_not_empty(deployment: LocalDeployment) -> None:
    with pytest.raises(TerraformFailed, match="would change something, and does not say what"):
        plan(deployment, 2, VERSION)


def test_the_stand_in_never_comes_into_the_users_cache_of_providers(deployment: LocalDeployment) -> None:
    script(deployment, "env")
    given = dict(line.split("=", 1) for line in deployment.terraform.run(deployment.directory, "init").splitlines())
    assert given["TF_CLI_CONFIG_FILE"] == deployment.variables["TF_CLI_CONFIG_FILE"]
    assert "TF_PLUGIN_CACHE_DIR" not in given


def test_it_takes_the_providers_that_the_units_ask_for(aws: LocalAws, tmp_path: Path) -> None:
    provider = {"aws": [{"allowed_account_ids": [ACCOUNT]}]}
    required = {
        "aws": {"source": "aws", "version": "6.69.1"},
        "cloudflare": {"source": "cloudflare/cloudflare", "version": "5.22.0"},
    }
    asking = unit("unit", provider=provider, terraform={"required_providers": required})
    made = LocalDeployment(Tree(tmp_path, unit=asking).path, tmp_path, aws)
    assert made.versions == ProvidersInputs(aws="6.69.1", cloudflare="5.22.0")
    assert list(tmp_path.glob("cloudflare-stand-in/*/cloudflare/cloudflare/5.22.0"))
    assert _others(made.versions) == " (aws 6.69.1, tried with 5.100.0; cloudflare 5.22.0, tried with 5.14.0)"
    assert _others(ProvidersInputs()) == ""
