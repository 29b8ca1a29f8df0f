"""An address that has moved does not keep the one-off tasks from being applied first. With the real Terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.deploy.apply import Applier
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace
from tests.cli.deploy.fakes import unit
from tests.support import Json

MOVED = {"moved": [{"from": "terraform_data.before", "to": "terraform_data.after"}]}


def configuration(*names: str, **more: object) -> Json:
    backend = {"terraform": {"backend": {"local": {"path": "state.json"}}}}
    return {**backend, "resource": {"terraform_data": {name: {"input": name[0]} for name in names}}, **more}


def write(home: Path, document: Json) -> Unit:
    found = unit(home, "test-service", **document)
    (found.home / "cdk.tf.json").write_text(json.dumps(document))
    return found


@pytest.fixture
def applier(terraform_command: str, tmp_path: Path) -> Applier:
    runner = Terraform()
    return Applier(runner, Workspace(tmp_path / "workspace", runner), lambda *_, **__: None)


def test_moves_are_recorded_before_targets_are_planned(applier: Applier, tmp_path: Path) -> None:
    applier.apply(write(tmp_path, configuration("before")))
    moved = write(tmp_path, configuration("after", "task", **MOVED))
    targets = ["terraform_data.task"]
    with pytest.raises(TerraformFailed, match="Moved resource instances excluded by targeting"):
        applier.apply(moved, targets=targets)
    (identity,) = ids(applier, moved)
    applier.record_moves(moved)
    assert ids(applier, moved) == {identity: "after"}, "nothing but the address has changed"
    assert applier.apply(moved, targets=targets).added == 1


def ids(applier: Applier, unit: Unit) -> dict[str, str]:
    return {each["instances"][0]["attributes"]["id"]: each["name"] for each in applier.state(unit)["resources"]}
