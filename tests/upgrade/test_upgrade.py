"""What a release has deployed is upgraded on the local AWS, as `make deploy` does it: nothing happens unreviewed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.deploy.apply import Applier, Refused
from cli.local_aws import providers
from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace
from tests.end_to_end.deployers import ByTerraform
from tests.terraform import require
from tests.upgrade.changes import Change, accept, changes_of, problems
from tests.upgrade.releases import RELEASES, Release, synthesize_today

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCEPT = ".venv/bin/pytest -n 2 -m slow tests/upgrade --accept-upgrade"


class Upgrade(Applier):
    """Applies each unit as a deployment does, and remembers what its plan changes."""

    def __init__(self, deployment: LocalDeployment, workspace: Path) -> None:
        super().__init__(deployment.terraform, Workspace(workspace, deployment.terraform), lambda *_, **__: None)
        self.changes: dict[str, dict[str, Change]] = {}

    def plan(self, unit: Unit, *options: str) -> UnitPlan:
        plan = super().plan(unit, *options)
        self.changes[unit.name] = changes_of(plan)
        return plan


@dataclass(frozen=True)
class Deployed:
    """An environment of a release."""

    release: Release
    name: str

    def __str__(self) -> str:
        return f"{self.release.name}-{self.name}"


@pytest.mark.parametrize("deployed", [Deployed(each, name) for each in RELEASES for name in each.lists], ids=str)
def test_an_upgrade_changes_what_was_reviewed_and_nothing_else(
    deployed: Deployed, tmp_path: Path, request: pytest.FixtureRequest, subtests: pytest.Subtests
) -> None:
    require(providers.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    release, name = deployed.release, deployed.name
    before, today = tmp_path / "before", tmp_path / "today"
    shutil.copytree(release.synthesized(name), before / "cdktf.out")
    today.mkdir()
    synthesize_today({name: release.load(tmp_path / "config")[name]}, today / "cdktf.out")
    with LocalAws() as aws:
        deployment = LocalDeployment(before / "cdktf.out", before, aws)
        deployment.bootstrap()
        ByTerraform(deployment).deploy()
        deployment = LocalDeployment(today / "cdktf.out", today, aws)
        upgrade = Upgrade(deployment, today / "workspace")
        try:
            deployment.each(upgrade.apply)
        except (Refused, TerraformFailed) as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        if request.config.getoption("--accept-upgrade"):
            accept(upgrade.changes, release.lists[name])
        with subtests.test("what changes was reviewed"):
            if found := [*problems(upgrade.changes, release.lists[name])]:
                pytest.fail("\n".join([*found, f"or write all entries but their reasons by {ACCEPT}"]), pytrace=False)
        with subtests.test("a second plan is empty"):
            changed = [unit for unit in deployment.units if upgrade.changes.get(unit.name)]
            assert {unit.name: changes for unit in changed if (changes := deployment.plan(unit))} == {}
