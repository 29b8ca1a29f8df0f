"""Every unit is planned with mock providers, and a unit that is wrong fails."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cli.maintenance import tftest
from cli.progress import steps
from cli.terraform import tree
from cli.terraform.runner import Terraform
from cli.terraform.workspace import workspace
from stacks.console import Console
from tests.cli.review.planning.trees import Tree, unit
from tests.environments import DIRECTORY
from tests.support import Json
from tests.terraform import Terraform as Runner

pytestmark = pytest.mark.usefixtures("terraform_command")


@pytest.mark.slow
def test_every_unit_of_an_environment_passes(
    tmp_path: Path, mirrors: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Runner(tmp_path / "cli", mirrors)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "cli" / "terraform.rc"))
    assert tftest.main(["prod"], directory=DIRECTORY) == 0
    assert capsys.readouterr().err.count(": passed") == 6


def failures(root: Path, **units: Json) -> list[str]:
    terraform = Terraform()
    with workspace(terraform) as space, steps(Console(file=io.StringIO())) as step:
        return tftest.run(tree.read(Tree(root, **units).path), space, terraform, step)


def test_an_output_without_a_value_fails(tmp_path: Path) -> None:
    (line,) = failures(tmp_path, right=unit("right", outputs={"a": "x"}), wrong=unit("wrong", outputs={"b": "${null}"}))
    assert line.startswith("test-wrong: ")
    assert "The output b has no value" in line


def test_upstreams_are_their_mocks(tmp_path: Path) -> None:
    read = "${data.terraform_remote_state.network.outputs.vpc_id}"
    reader = unit("reader", outputs={"vpc_id": read}, reads={"network": {"vpc_id": "mock-vpc"}}, s3=True)
    assert failures(tmp_path, reader=reader) == []
    (line,) = failures(tmp_path, reader=unit("reader", outputs={"a": read}, reads={"network": {}}, s3=True))
    assert "vpc_id" in line
